#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/metric_samples.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/runner.h"

/// What a shard reports.
namespace weir::engine_test {

/// The texts of notices of one level.
inline std::vector<std::string> texts(const std::vector<Notice>& notices, Notice::Level level) {
  std::vector<std::string> all;
  for (const Notice& one : notices)
    if (one.level == level) all.push_back(one.text);
  return all;
}

/// One figure of a runner, by its metric and, where one is named, a label; the first if there are
/// more.
inline double figure(Runner& runner, const MetricName& metric, std::string_view label = {},
                     std::string_view value = {}) {
  MetricSamples samples;
  runner.report(samples);
  for (const MetricSamples::Sample& sample : samples.all())
    if (sample.metric->name == metric.name && (label.empty() || sample.label(label) == value))
      return sample.number();
  return std::nan("");
}

}  // namespace weir::engine_test
