#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "monitoring/metrics/metric.h"

namespace weir {

inline double clipped_log_loss(double probability) {
  return -std::log(std::clamp(probability, 0x1p-52, 1 - 0x1p-52));
}

/// An outcome of a binary task: true is predicted above a score of a half.
inline Outcome binary_outcome(double label, double score) {
  return {.label = label,
          .prediction = score > 0.5 ? 1.0 : 0.0,
          .score = score,
          .loss = clipped_log_loss(label == 1 ? score : 1 - score)};
}

/// An outcome of classes whose label was given the probability `share`.
inline Outcome class_outcome(double label, double prediction, double share) {
  return {label, prediction, share, clipped_log_loss(share)};
}

/// An outcome of a regression.
inline Outcome value_outcome(double label, double prediction) {
  return {label, prediction, prediction, (label - prediction) * (label - prediction)};
}

inline double value_of(const std::unique_ptr<Metric>& metric,
                       const std::vector<Outcome>& outcomes) {
  for (const Outcome& outcome : outcomes) metric->add(outcome);
  return metric->value();
}

}  // namespace weir
