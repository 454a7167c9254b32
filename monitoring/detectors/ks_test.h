#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "monitoring/detectors/drift_detector.h"
#include "monitoring/sketches/sliding_window.h"
#include "monitoring/statistics/kolmogorov_smirnov.h"
#include "monitoring/statistics/ks_window.h"
#include "pipeline/core/options.h"

namespace weir {

/// Detects any change of a distribution: the two-sample Kolmogorov-Smirnov test of a window against
/// a frozen reference.
///
/// Input: finite numbers of any unit; ties allowed (the exact p-value is then conservative).
/// Statistic: D, the largest distance of the two distribution functions, 0..1. Threshold: the least
///   D whose p-value is at most alpha (above 1: no window of this size can reach it).
/// p-value: two-sided, given when the verdict differs from the last tested one, else NaN
///   (`p_value_of` computes it): an exact one costs up to milliseconds, and the decision only
///   compares D with the threshold.
/// Cost: 0.1 us per value and O(reference) per window; with `every`, O(log reference) per value
///   however often it tests. Memory: reference and window, some 130 bytes per value at most.
/// Delay: at most two windows after the shift; with `every: 1`, as soon as it is significant.
/// Limits: alpha is the rate of false alarms per test, not per row: with `every: 1` there are
///   `window` times as many, dependent, tests. Assumes independent values.
/// Source: Smirnov 1939; agrees with scipy.stats.ks_2samp (kolmogorov_smirnov.h).
class KsTest final : public DriftDetector {
 public:
  struct Options {
    std::size_t reference = 1000;
    std::size_t window = 500;
    std::size_t every = 0;
    double alpha = 1e-4;
    std::optional<double> warning_alpha = {};
    std::string method = "auto";

    void describe(OptionVisitor& option);
  };

  /// Cost: the search for both thresholds, 1 ms (1,000 against 500) to 0.3 s (10,000 against
  /// 9,999); a copy of the detector needs none.
  explicit KsTest(Options options);

  Verdict update(const Observation& observed) override;
  double p_value_of(const Verdict& verdict) const override;
  void state(StateVisitor& visit) override;

 private:
  void start_comparing();
  Verdict test();
  void start_over();

  Options options_;
  KsMethod method_;
  std::int64_t drift_steps_;  // the thresholds
  std::int64_t warning_steps_;

  std::vector<double> reference_;  // as they come while it fills, then sorted
  double reference_mean_ = 0;
  SlidingWindow window_;
  Drift last_ = Drift::stable;
  std::optional<KsWindow> compared_;  // follows from the reference and the window
};

std::unique_ptr<DetectorSpec> make_ks_test();

}  // namespace weir
