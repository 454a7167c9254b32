#pragma once

#include <chrono>
#include <string>

#include "pipeline/engine/metric_samples.h"

namespace weir {

/// Makes the status line of `run` and `demo` from two readings of the figures.
class StatusLine {
 public:
  /// `rows/s`, lag, latency, quality, drift states; says why nothing comes out.
  std::string next(const MetricSamples& samples);

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
  double rows_ = 0;
  double out_ = 0;
};

}  // namespace weir
