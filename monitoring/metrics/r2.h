#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Share of the label's variance explained: 1 - squared error / squared distance of the labels from
/// their mean. NaN below two rows; of a constant label 1 when every prediction is right, else 0.
/// Agrees with sklearn.metrics.r2_score.
/// Cost: O(1) time and memory per row.
std::unique_ptr<Metric> make_r2(Task task, bool bounded);

}  // namespace weir
