#include "monitoring/detectors/mean_shift.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "monitoring/detectors/options_spec.h"
#include "monitoring/statistics/welch.h"
#include "pipeline/core/check.h"

namespace weir {
namespace {

double distance_in_deviations(const Moments& window, const Moments& reference) {
  const double shift = std::abs(mean_difference(window, reference));
  const double deviation = std::sqrt(reference.variance());
  if (deviation == 0) return shift == 0 ? 0 : HUGE_VAL;  // a constant has moved
  return shift / deviation;
}

Drift reached(double statistic, double warning, double drift) {
  if (statistic >= drift) return Drift::drift;
  return statistic >= warning ? Drift::warning : Drift::stable;
}

Drift passed(double statistic, double warning, double drift) {
  if (statistic > drift) return Drift::drift;
  return statistic > warning ? Drift::warning : Drift::stable;
}

}  // namespace

void MeanShift::Options::describe(OptionVisitor& option) {
  option("reference", reference, {.doc = "values in the frozen reference", .min = 2});
  option("window", window, {.doc = "values in each tested window", .min = 2});
  option("every", every,
         {.doc = "test the sliding window every so many values; 0: test each full window"});
  option("method", method,
         {.doc = "welch: Welch's t; sigma: distance of the means in standard deviations of the "
                 "reference, blind to smaller shifts however long the window",
          .choices = "welch|sigma"});
  option("warning_t", warning_t, {.doc = "welch: |t| from which it is a warning", .min = 0});
  option("drift_t", drift_t, {.doc = "welch: |t| from which it is a drift", .min = 0});
  option("warning_k", warning_k,
         {.doc = "sigma: standard deviations above which it is a warning", .min = 0});
  option("drift_k", drift_k,
         {.doc = "sigma: standard deviations above which it is a drift", .min = 0});
  if (!option.reading()) return;
  if (method == "welch" && drift_t < warning_t)
    option.fail("drift_t", fmt::format("must be at least `warning_t`, which is {:g}", warning_t));
  if (method == "sigma" && drift_k < warning_k)
    option.fail("drift_k", fmt::format("must be at least `warning_k`, which is {:g}", warning_k));
}

MeanShift::MeanShift(Options options)
    : options_(std::move(options)),
      sigma_(options_.method == "sigma"),
      sliding_(options_.window, options_.every) {}

Verdict MeanShift::judge() const {
  Verdict verdict{.tested = true,
                  .reference = {reference_.count, reference_.mean()},
                  .current = {window_.count, window_.mean()}};
  if (sigma_) {
    verdict.statistic = distance_in_deviations(window_, reference_);
    verdict.threshold = options_.drift_k;
    verdict.drift = passed(verdict.statistic, options_.warning_k, options_.drift_k);
  } else {
    const Welch test = welch_test(window_, reference_);
    verdict.statistic = std::abs(test.t);
    verdict.threshold = options_.drift_t;
    verdict.p_value = welch_p_value(test);
    verdict.drift = reached(verdict.statistic, options_.warning_t, options_.drift_t);
  }
  return verdict;
}

/// Takes one value into the window; returns whether the window is to be judged.
bool MeanShift::full_after(double value) {
  if (options_.every == 0) {
    window_.add(value);
    return window_.count == options_.window;
  }
  if (!sliding_.push(value).test) return false;
  // Recomputed each time: adding and subtracting for ever drifts away from the values.
  for (const double one : sliding_.values()) window_.add(one);
  return true;
}

Verdict MeanShift::update(const Observation& observed) {
  const double value = observed.number();
  check(std::isfinite(value), "value is finite");
  if (reference_.count < options_.reference) {
    reference_.add(value);
    return {};
  }
  if (!full_after(value)) return {};

  // A test on squares that overflowed means nothing, now and later.
  const bool judged = std::isfinite(reference_.squares) && std::isfinite(window_.squares);
  const Verdict verdict = judged ? judge() : Verdict{};
  window_ = {};
  if (!judged || verdict.drift == Drift::drift) {
    reference_ = {};  // the new regime becomes the next reference
    sliding_.clear();
  }
  return verdict;
}

std::unique_ptr<DetectorSpec> make_mean_shift() {
  return std::make_unique<OptionsSpec<MeanShift>>();
}

}  // namespace weir
