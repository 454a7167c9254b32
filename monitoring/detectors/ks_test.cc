#include "monitoring/detectors/ks_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <span>
#include <utility>

#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr double kMostCells = 1e8;  // of an exact p-value: some 100 ms

/// Four sums side by side: one alone would wait for each addition.
double mean_of(std::span<const double> values) {
  double sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= values.size(); i += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) sums[lane] += values[i + lane];
  for (; i < values.size(); ++i) sums[0] += values[i];
  return (sums[0] + sums[1] + (sums[2] + sums[3])) / static_cast<double>(values.size());
}

KsMethod method_named(const std::string& name) {
  if (name == "exact") return KsMethod::exact;
  return name == "asymptotic" ? KsMethod::asymptotic : KsMethod::automatic;
}

/// The p-value of two samples that have nothing in common; 0 where it is below any `alpha`.
double smallest_p_value(const KsTest::Options& options) {
  const std::size_t reference = options.reference, window = options.window;
  const std::size_t smaller = std::min(reference, window), larger = std::max(reference, window);
  if (smaller < 2 || larger > 1'000'000) return 0;  // reported as such
  if (smaller > 1'000) return 0;                    // 2 / (2000 over 1000) is 1e-600
  return ks_p_value(reference, window, ks_steps(reference, window), Alternative::two_sided,
                    method_named(options.method));
}

/// Makes copies of one detector, so that the thresholds of these options are searched for once.
class KsTestSpec final : public DetectorSpec {
 public:
  void describe(OptionVisitor& option) override {
    options_.describe(option);
    first_.reset();
  }
  std::unique_ptr<DriftDetector> make(const DetectorInput&) const override {
    const std::lock_guard lock(searching_);
    if (!first_) first_.emplace(options_);
    return std::make_unique<KsTest>(*first_);
  }
  std::size_t window() const override { return options_.window; }

 private:
  KsTest::Options options_;
  mutable std::mutex searching_;
  mutable std::optional<KsTest> first_;  // never updated
};

}  // namespace

void KsTest::Options::describe(OptionVisitor& option) {
  option("reference", reference,
         {.doc = "values in the frozen reference", .min = 2, .max = 1'000'000});
  option("window", window, {.doc = "values in each tested window", .min = 2, .max = 1'000'000});
  option("every", every,
         {.doc = "test the sliding window every so many values; 0: test each full window"});
  option("alpha", alpha,
         {.doc = "p-value of one test at or below which it is a drift", .min = 1e-300, .max = 1});
  option("warning_alpha", warning_alpha,
         {.doc = "p-value at or below which it is a warning (default: 10 times alpha)",
          .min = 1e-300,
          .max = 1});
  option("method", method,
         {.doc = "p-value: auto is exact up to 10,000 values in the larger sample",
          .choices = "auto|exact|asymptotic"});
  if (!option.reading()) return;
  if (warning_alpha && *warning_alpha < alpha)
    option.fail("warning_alpha", fmt::format("must be at least `alpha`, which is {:g}", alpha));
  if (method == "exact" &&
      static_cast<double>(reference) * static_cast<double>(window) > kMostCells)
    option.fail("method",
                "an exact p-value costs reference times window, at most 100,000,000 (auto uses the "
                "asymptotic one)");
  else if (const double least = smallest_p_value(*this); least > alpha)
    option.fail("alpha",
                fmt::format("is never reached: the smallest p-value of {} against {} values is "
                            "{:.2g}; take larger samples or a larger alpha",
                            reference, window, least));
}

KsTest::KsTest(Options options)
    : options_(std::move(options)),
      method_(method_named(options_.method)),
      window_(options_.window, options_.every) {
  const auto critical = [&](double alpha) {
    return ks_critical_steps(options_.reference, options_.window, alpha, method_);
  };
  drift_steps_ = critical(options_.alpha);
  warning_steps_ = critical(options_.warning_alpha.value_or(std::min(1.0, 10 * options_.alpha)));
}

void KsTest::start_comparing() {
  // Testing costs a walk over the reference, unless a tree is kept up with every value.
  const bool often = options_.every > 0 && options_.every * 16 < options_.reference;
  compared_.emplace(reference_, options_.window, often);
}

Verdict KsTest::update(const Observation& observed) {
  const double value = observed.number();
  check(std::isfinite(value), "value is finite");
  if (reference_.size() < options_.reference) {
    reference_.push_back(value);
    if (reference_.size() == options_.reference) {
      std::sort(reference_.begin(), reference_.end());
      reference_mean_ = mean_of(reference_);
      start_comparing();
    }
    return {};
  }
  const SlidingWindow::Pushed pushed = window_.push(value);
  compared_->add(value);
  if (pushed.left) compared_->remove(*pushed.left);
  return pushed.test ? test() : Verdict{};
}

Verdict KsTest::test() {
  const std::int64_t steps = compared_->steps();
  const auto all = static_cast<double>(ks_steps(options_.reference, options_.window));
  Verdict verdict{.tested = true,
                  .statistic = static_cast<double>(steps) / all,
                  .threshold = static_cast<double>(drift_steps_) / all,
                  .reference = {reference_.size(), reference_mean_},
                  .current = {options_.window, mean_of(window_.values())}};
  if (steps >= warning_steps_) verdict.drift = Drift::warning;
  if (steps >= drift_steps_) verdict.drift = Drift::drift;
  if (verdict.drift != last_) verdict.p_value = p_value_of(verdict);
  last_ = verdict.drift;
  if (verdict.drift == Drift::drift) {
    start_over();
  } else if (options_.every == 0) {
    window_.clear();
    compared_->clear();
  }
  return verdict;
}

double KsTest::p_value_of(const Verdict& verdict) const {
  if (!std::isnan(verdict.p_value)) return verdict.p_value;
  const auto all = static_cast<double>(ks_steps(options_.reference, options_.window));
  const auto steps = static_cast<std::int64_t>(std::llround(verdict.statistic * all));
  return ks_p_value(options_.reference, options_.window, steps, Alternative::two_sided, method_);
}

void KsTest::start_over() {
  reference_.clear();  // the next values become the reference
  window_.clear();
  compared_.reset();
}

void KsTest::state(StateVisitor& visit) {
  visit(reference_, reference_mean_, window_, last_);
  if (!visit.loading()) return;
  if (reference_.size() > options_.reference)
    throw StateError("ks_test: the saved reference is larger than its option allows");
  if (reference_.size() < options_.reference) return;
  start_comparing();
  for (const double value : window_.values()) compared_->add(value);
}

std::unique_ptr<DetectorSpec> make_ks_test() { return std::make_unique<KsTestSpec>(); }

}  // namespace weir
