#pragma once

#include <memory>

#include "pipeline/core/operator.h"

namespace weir {

/// `evaluate { input, metrics, window, every, baseline }`: how good a model's outcomes are.
///
/// Input: outcomes, whose `label`, `prediction`, `score` and `loss` are read: an output that an
/// operator declares to be such (a model's `outcomes`), rows made of one, or a source with these
/// fields. Output: one row every `every` (default: each full window): a field per metric,
/// `count`, `window_from`, `window_to`, `time`, `shard`; `baseline: true`: also `typical_METRIC`
/// (majority class or mean of the labels so far) and `last_METRIC` (the last label). Windows: rows,
/// event time (aligned to 1970 UTC; a row older than the windows still open is late and not
/// counted) or all. With `every` below the window, windows overlap: a row is added to each of at
/// most 60. Limits: over windows of time and over all, which hold any number of rows, ROC AUC is
/// right to 1e-4, over rows it is exact; beyond 65,534 classes a row counts as wrong, and as an
/// eviction. Memory: the metrics of the open windows, at most 1,000 windows; of classes, 24
/// bytes each for every metric that counts them, in every window (60,000 classes and three such
/// metrics: 4 MB a window, threefold with `baseline`).
std::unique_ptr<OperatorSpec> make_evaluate();

}  // namespace weir
