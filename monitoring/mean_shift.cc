#include "monitoring/mean_shift.h"

#include <cmath>
#include <utility>

#include "monitoring/welch.h"
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
  option("method", method,
         {.doc = "welch: Welch's t; sigma: distance of the means in standard deviations of the "
                 "reference, blind to shifts below k of them however long the window",
          .choices = "welch|sigma"});
  option("warning_t", warning_t, {.doc = "welch: |t| that raises a warning", .min = 0});
  option("drift_t", drift_t, {.doc = "welch: |t| that is a drift", .min = warning_t});
  option("warning_k", warning_k,
         {.doc = "sigma: standard deviations beyond which is a warning", .min = 0});
  option("drift_k", drift_k,
         {.doc = "sigma: standard deviations beyond which is a drift", .min = warning_k});
}

MeanShift::MeanShift(Options options)
    : options_(std::move(options)), sigma_(options_.method == "sigma") {}

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

Verdict MeanShift::update(double value) {
  check(std::isfinite(value), "value is finite");
  if (reference_.count < options_.reference) {
    reference_.add(value);
    return {};
  }
  window_.add(value);
  if (window_.count < options_.window) return {};

  const bool judged = std::isfinite(reference_.squares) && std::isfinite(window_.squares);
  const Verdict verdict = judged ? judge() : Verdict{};
  window_ = {};
  if (!judged)
    reference_ = {};  // squares overflowed: no test on this reference would mean anything
  if (verdict.drift == Drift::drift) reference_ = {};  // the new regime becomes the next reference
  return verdict;
}

}  // namespace weir
