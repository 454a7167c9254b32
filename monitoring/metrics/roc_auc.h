#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Area under the ROC curve: the probability that a random true row scores above a random false
/// one, ties counting half. NaN until both labels were seen.
///
/// Input: score, the probability of true. Not bounded: exact; 8 bytes per row until `reset`, value
/// O(n log n). Bounded: to 1e-4, and exact for up to 16,384 different scores; cost and memory are
/// those of RankedScores.
/// Source: Mann and Whitney 1947; the exact one agrees with sklearn.metrics.roc_auc_score.
std::unique_ptr<Metric> make_roc_auc(Task task, bool bounded);

}  // namespace weir
