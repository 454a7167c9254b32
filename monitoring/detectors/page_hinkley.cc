#include "monitoring/detectors/page_hinkley.h"

#include <cmath>

#include "monitoring/detectors/options_spec.h"
#include "pipeline/core/check.h"

namespace weir {

void PageHinkley::Options::describe(OptionVisitor& option) {
  option(
      "threshold", threshold,
      {.doc = "cumulated deviation, in the unit of the values, above which is a drift", .min = 0});
  option("delta", delta,
         {.doc = "deviation of one value from the mean that is tolerated, in its unit", .min = 0});
  option("min_instances", min_instances,
         {.doc = "values since the last drift before the first test", .min = 1});
  option(
      "alpha", alpha,
      {.doc = "share of the cumulated deviation that is kept at each value", .min = 0, .max = 1});
  option("direction", direction,
         {.doc = "which shifts of the mean are a drift", .choices = "both|up|down"});
}

PageHinkley::PageHinkley(const Options& options)
    : options_(options), up_(options.direction != "down"), down_(options.direction != "up") {}

void PageHinkley::Side::add(double deviation, const Options& options, const Moments& values) {
  sum = options.alpha * sum + deviation - options.delta;
  if (sum >= least) return;
  least = sum;
  count = values.count;
  offset = values.offset;
}

Verdict PageHinkley::judge(const Side& side, double last) const {
  Verdict verdict{.tested = true,
                  .statistic = side.statistic(),
                  .threshold = options_.threshold,
                  .reference = {side.count, values_.origin + side.offset},
                  .current = {1, last}};
  if (verdict.statistic > options_.threshold) verdict.drift = Drift::drift;
  if (side.count == values_.count) return verdict;
  const auto before = static_cast<double>(side.count);
  const auto since = static_cast<double>(values_.count - side.count);
  // Of the distances from the first value, so that a large mean costs no digits.
  const double moved = ((before + since) * values_.offset - before * side.offset) / since;
  verdict.current = {values_.count - side.count, values_.origin + moved};
  return verdict;
}

Verdict PageHinkley::update(const Observation& observed) {
  const double value = observed.number();
  check(std::isfinite(value), "value is finite");
  values_.add(value);
  const double deviation = (value - values_.origin) - values_.offset;
  rises_.add(deviation, options_, values_);
  falls_.add(-deviation, options_, values_);
  if (!std::isfinite(rises_.statistic()) || !std::isfinite(falls_.statistic())) {
    start_over();
    return {};
  }
  if (values_.count < options_.min_instances) return {};

  const bool up = !down_ || (up_ && rises_.statistic() >= falls_.statistic());
  const Verdict verdict = judge(up ? rises_ : falls_, value);
  if (verdict.drift == Drift::drift) start_over();
  return verdict;
}

void PageHinkley::start_over() {
  values_ = {};
  rises_ = {};
  falls_ = {};
}

std::unique_ptr<DetectorSpec> make_page_hinkley() {
  return std::make_unique<OptionsSpec<PageHinkley>>();
}

}  // namespace weir
