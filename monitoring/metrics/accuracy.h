#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Share of rows predicted right; NaN without rows. Agrees with sklearn.metrics.accuracy_score.
/// Cost: O(1) per row, value O(classes). Memory: 24 bytes per class.
std::unique_ptr<Metric> make_accuracy(Task task, bool bounded);

}  // namespace weir
