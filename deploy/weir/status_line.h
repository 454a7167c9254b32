#pragma once

#include <chrono>
#include <set>
#include <string>

#include "pipeline/core/metric_samples.h"

namespace weir {

/// Makes the status line of `run` and `demo` from two readings of the figures.
class StatusLine {
 public:
  /// `begin`: the figures when the service is ready; counters continue across restarts.
  explicit StatusLine(const MetricSamples& begin) { next(begin); }

  /// Rows per second and latency since the last line, lag, rows that wait or are held, how long
  /// labels have been silent, quality, drift states; says why there is no output. No rate after
  /// shards moved: they bring and take their counts.
  std::string next(const MetricSamples& samples);

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_ = Clock::now();
  std::set<std::string> shards_;
  double rows_ = 0, bad_ = 0, dead_ = 0, out_ = 0;
  Histogram latency_ = Histogram::seconds();
};

}  // namespace weir
