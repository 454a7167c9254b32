#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Cohen's kappa: (accuracy - chance) / (1 - chance), chance the agreement of the same labels and
/// predictions paired at random. NaN without rows and when chance is 1.
/// Cost: O(1) per row, value O(classes). Memory: 24 bytes per class.
/// Source: Cohen 1960, Educ. Psychol. Meas. 20:37; agrees with sklearn.metrics.cohen_kappa_score.
std::unique_ptr<Metric> make_kappa(Task task, bool bounded);

}  // namespace weir
