#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Brier score: mean squared distance of the score from the label, 0 (certain and right) to 1; NaN
/// without rows. Binary only: over classes it needs the probability of each, and an outcome has
/// that of the label's alone. Agrees with sklearn.metrics.brier_score_loss.
/// Cost: O(1) time and memory per row.
/// Source: Brier 1950, Monthly Weather Review 78:1.
std::unique_ptr<Metric> make_brier(Task task, bool bounded);

}  // namespace weir
