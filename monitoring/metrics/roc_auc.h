#pragma once

#include <memory>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Area under the ROC curve: the probability that a random true row scores above a random false
/// one, ties counting half. NaN until both labels were seen.
///
/// Input: score, the probability of true. Not bounded: exact; 8 bytes per row until `reset`, value
/// O(n log n). Bounded: scores in 65,536 equal bins of [0, 1], ties within a bin; 1 MB, value
/// O(bins). Its error is at most half the share of pairs (true, false) that fall into one bin.
/// Source: Mann and Whitney 1947; the exact one agrees with sklearn.metrics.roc_auc_score.
std::unique_ptr<Metric> make_roc_auc(Task task, bool bounded);

}  // namespace weir
