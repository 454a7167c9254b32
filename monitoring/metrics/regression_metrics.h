#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// All: the unit of the label (R2: none); NaN without rows; infinite when a squared error is.
/// Cost: O(1) time and memory per row.

/// Mean absolute error. Agrees with sklearn.metrics.mean_absolute_error.
std::unique_ptr<Metric> make_mae(Task task, bool bounded);

/// Root of the mean squared error. Agrees with sklearn.metrics.root_mean_squared_error.
std::unique_ptr<Metric> make_rmse(Task task, bool bounded);

/// 1 - squared error / squared distance of the labels from their mean; NaN below two rows; of a
/// constant label 1 when every prediction is right, else 0. Agrees with sklearn.metrics.r2_score.
std::unique_ptr<Metric> make_r2(Task task, bool bounded);

}  // namespace weir
