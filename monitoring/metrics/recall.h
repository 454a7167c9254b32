#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Share of the rows of a class that are predicted as it. Binary: of the class true; classes: the
/// plain mean over the classes seen; 0 where the divisor is 0, NaN without rows. Agrees with
/// sklearn.metrics.recall_score (average="binary" | "macro", zero_division=0).
/// Cost: O(1) per row, value O(classes). Memory: 24 bytes per class.
std::unique_ptr<Metric> make_recall(Task task, bool bounded);

}  // namespace weir
