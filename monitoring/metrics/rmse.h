#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Root of the mean squared error, in the unit of the label; NaN without rows, infinite when a
/// squared error is. Agrees with sklearn.metrics.root_mean_squared_error.
/// Cost: O(1) time and memory per row.
std::unique_ptr<Metric> make_rmse(Task task, bool bounded);

}  // namespace weir
