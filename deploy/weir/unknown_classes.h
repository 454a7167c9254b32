#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/core/metric_samples.h"
#include "pipeline/runner/notices.h"

namespace weir {

/// Says when labels come that are none of a model's classes, and so are not learned: once there are
/// any, and whenever there are ten times as many.
class UnknownClasses {
 public:
  std::vector<Notice> next(const MetricSamples& samples);

 private:
  std::map<std::string, double> said_;  // by operator and shard: how many there were
};

}  // namespace weir
