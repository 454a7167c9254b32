#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// (accuracy - a) / (1 - a), a the accuracy of predicting the label of the row before: 0 is no
/// better than the last label. The first row of all counts as wrong for it; after `reset` the row
/// before is still known, `follow` names another. NaN without rows and when a is 1.
/// Cost: O(1) time and memory per row.
/// Source: Zliobaite, Bifet, Read, Pfahringer and Holmes 2015, Machine Learning 98:455.
std::unique_ptr<Metric> make_kappa_temporal(Task task, bool bounded);

}  // namespace weir
