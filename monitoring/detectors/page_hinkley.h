#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "monitoring/detectors/drift_detector.h"
#include "monitoring/sketches/moments.h"
#include "pipeline/core/options.h"

namespace weir {

/// Detects a shifted mean, upwards, downwards or both, by Page and Hinkley's test: the deviations
/// from the running mean, each less `delta`, are cumulated; a shift makes the sum rise above the
/// least it has been.
///
/// Input: finite numbers of any unit; an error as a boolean.
/// Statistic: the sum less its least value, of the direction in which it is larger, in the unit of
///   the values. Threshold: `threshold`, in the same unit; a drift is a statistic above it. There
///   is no warning and no p-value.
/// Evidence: `current` is what came after the sum was least, where the shift most likely began;
///   `reference` is what came before, back to the last drift. While nothing has cumulated,
///   `current` is the last value.
/// Cost: O(1) time and memory per value. Delay: about threshold / (shift - delta) values.
/// Limits: `threshold` and `delta` are in the unit of the values: with the defaults some 5 false
///   alarms in 10,000 independent values of deviation 1. Values whose sums overflow give no
///   verdict: the detector starts over.
/// Source: Page 1954, Biometrika 41:100; Hinkley 1971, Biometrika 58:509; detects at the same
///   values as river.drift.PageHinkley, whose `mode` is `direction`.
class PageHinkley final : public DriftDetector {
 public:
  struct Options {
    double threshold = 50;
    double delta = 0.005;
    std::size_t min_instances = 30;
    double alpha = 0.9999;
    std::string direction = "both";

    void describe(OptionVisitor& option);
  };

  explicit PageHinkley(const Options& options);

  Verdict update(const Observation& observed) override;
  void state(StateVisitor& visit) override { visit(values_, rises_, falls_); }

 private:
  /// The deviations cumulated in one direction, and how many values there were when they were
  /// least.
  struct Side {
    double sum = 0;
    double least = std::numeric_limits<double>::infinity();
    std::uint64_t count = 0;
    double offset = 0;  // of the mean of those values, as Moments has it

    void add(double deviation, const Options& options, const Moments& values);
    double statistic() const { return sum - least; }
    void state(StateVisitor& visit) { visit(sum, least, count, offset); }
  };

  Verdict judge(const Side& side, double last) const;
  void start_over();

  Options options_;
  bool up_;  // rises are watched
  bool down_;
  Moments values_;  // since the last drift
  Side rises_;
  Side falls_;
};

std::unique_ptr<DetectorSpec> make_page_hinkley();

}  // namespace weir
