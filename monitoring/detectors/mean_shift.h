#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "monitoring/detectors/drift_detector.h"
#include "monitoring/sketches/moments.h"
#include "monitoring/sketches/sliding_window.h"
#include "pipeline/core/options.h"

namespace weir {

/// Detects a shifted mean: a window, tumbling or sliding, against a frozen reference.
///
/// Input: finite numbers of any unit.
/// Statistic: `welch`: |t| of Welch's test; `sigma`: the distance of the means in standard
///   deviations of the reference, |mean - reference| / deviation. Unitless, 0 while a window fills;
///   infinite when a constant moved. Values whose squares overflow give no verdict: the next ones
///   become the reference.
/// Threshold: `welch`: |t| >= drift_t; `sigma`: distance > drift_k. p-value: Welch's, two-sided.
/// Cost: O(1) time and memory per value; with `every`, O(window) per test and 8 bytes per value of
///   the window. Delay: at most two windows after the shift.
/// Limits: assumes independent values; raise the thresholds on autocorrelated streams. `sigma`
///   never sees a shift below k standard deviations, however long the window: its rule does not
///   know how sure the mean of the window is. `welch` does, and sees ever smaller shifts as the
///   window grows.
/// Source: Welch 1947, Biometrika 34:28; t as scipy.stats.ttest_ind(equal_var=False).
class MeanShift final : public DriftDetector {
 public:
  struct Options {
    std::size_t reference = 500;
    std::size_t window = 50;
    std::size_t every = 0;
    std::string method = "welch";
    double warning_t = 3;
    double drift_t = 5;
    double warning_k = 0.75;
    double drift_k = 1;

    void describe(OptionVisitor& option);
  };

  explicit MeanShift(Options options);

  Verdict update(const Observation& observed) override;
  void state(StateVisitor& visit) override { visit(reference_, window_, sliding_); }

 private:
  bool full_after(double value);
  Verdict judge() const;

  Options options_;
  bool sigma_;
  Moments reference_;
  Moments window_;         // as far as it is full; the whole of it when it is judged
  SlidingWindow sliding_;  // its values, with `every`; else empty
};

std::unique_ptr<DetectorSpec> make_mean_shift();

}  // namespace weir
