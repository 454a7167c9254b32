#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Mean absolute error, in the unit of the label; NaN without rows. Agrees with
/// sklearn.metrics.mean_absolute_error.
/// Cost: O(1) time and memory per row.
std::unique_ptr<Metric> make_mae(Task task, bool bounded);

}  // namespace weir
