#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/core/metric_samples.h"
#include "pipeline/runner/notices.h"

namespace weir {

/// Says when the labels of a model fall silent, what is held meanwhile, and when they are back:
/// once each, of the readings of the figures that it is shown.
class LabelSilences {
 public:
  std::vector<Notice> next(const MetricSamples& samples);

 private:
  std::map<std::string, bool> silent_;  // by operator and shard
};

}  // namespace weir
