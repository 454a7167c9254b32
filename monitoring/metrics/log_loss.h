#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Mean natural log loss, as the model clipped it; NaN without rows. Agrees with
/// sklearn.metrics.log_loss.
/// Cost: O(1) time and memory per row.
std::unique_ptr<Metric> make_log_loss(Task task, bool bounded);

}  // namespace weir
