#include "models/linear/softmax_regression.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/linear/dot.h"
#include "models/linear/generalized_linear.h"
#include "models/linear/linear_spec.h"
#include "models/softmax.h"
#include "pipeline/core/check.h"

namespace weir {

void SoftmaxRegression::Options::describe(OptionVisitor& option) {
  learning_rate.describe(option);
  option("l2", l2, {.doc = "L2 penalty of the weights", .min = 0});
  option("intercept", intercept, {.doc = "whether each class has an intercept (River: no)"});
}

SoftmaxRegression::SoftmaxRegression(const Options& options, std::size_t numbers)
    : options_(options), numbers_(numbers), spread_(0) {}

double SoftmaxRegression::raw_scores(const Row& row, std::vector<double>& scores) const {
  scores.resize(now_.size());
  double largest = -HUGE_VAL;
  for (std::size_t k = 0; k < now_.size(); ++k) {
    const Weights& weights = now_[k];
    if (!weights.seen) {
      scores[k] = -HUGE_VAL;
      continue;
    }
    double sum = weights.intercept + dot(weights.numbers.data(), row.numbers.data(), numbers_);
    for (const std::uint32_t i : row.indicators)
      if (i < weights.indicators.size()) sum += weights.indicators[i];
    scores[k] = sum;
    if (!(sum <= largest)) largest = sum;  // lets NaN through
    if (std::isnan(sum)) return sum;
  }
  return largest;
}

bool SoftmaxRegression::predict_one(const Row& row, std::vector<double>& scores) const {
  if (has_missing(row)) return false;
  const double largest = raw_scores(row, scores);
  if (!std::isfinite(largest))  // no class yet, or a row too large to judge
    for (std::size_t k = 0; k < now_.size(); ++k) scores[k] = now_[k].seen ? 0 : -HUGE_VAL;
  softmax(scores, std::isfinite(largest) ? largest : 0);
  return true;
}

bool SoftmaxRegression::learn_one(const Row& row, double y, double weight) {
  check(y >= 0, "a class has a number");
  const std::size_t label = static_cast<std::size_t>(y);
  if (!learnable(row)) return false;
  if (label >= now_.size()) now_.resize(label + 1);

  const double largest = raw_scores(row, scores_);
  const bool first = largest == -HUGE_VAL && !any_seen();
  if (!std::isfinite(largest) && !first) [[unlikely]] {
    follow(guard_.exploded(spread_));
    return true;
  }
  // A class is judged before it enters, as River does: its first gradient is -1.
  const double loss = now_[label].seen ? largest - scores_[label] : 0;
  now_[label].seen = true;
  now_[label].numbers.resize(numbers_);
  softmax(scores_, first ? 0 : largest);
  const double rate = guard_.factor() * options_.learning_rate.at(updates_++);
  for (std::size_t k = 0; k < now_.size(); ++k)
    if (now_[k].seen) step(now_[k], row, (scores_[k] - (k == label ? 1 : 0)) * weight, rate);
  if (!row.indicators.empty()) touched_.add(row.indicators, now_[label].indicators.size());
  spread_.add(label);
  follow(guard_.add(loss, spread_));
  return true;
}

void SoftmaxRegression::forget(std::span<const std::uint32_t> indicators) {
  for (auto* classes : {&now_, &good_})
    for (Weights& weights : *classes)
      for (const std::uint32_t i : indicators)
        if (i < weights.indicators.size()) weights.indicators[i] = 0;
}

bool SoftmaxRegression::any_seen() const { return std::ranges::any_of(now_, &Weights::seen); }

void SoftmaxRegression::step(Weights& weights, const Row& row, double gradient, double rate) {
  const double move = rate * gradient;
  const double shrink = rate * options_.l2;
  double* w = weights.numbers.data();
  const double* x = row.numbers.data();
  if (shrink == 0)
    for (std::size_t i = 0; i < numbers_; ++i) w[i] -= move * x[i];
  else
    for (std::size_t i = 0; i < numbers_; ++i) w[i] -= move * x[i] + shrink * w[i];
  for (const std::uint32_t i : row.indicators) {
    if (i >= weights.indicators.size()) weights.indicators.resize(i + 1);
    weights.indicators[i] -= move + shrink * weights.indicators[i];
  }
  if (options_.intercept) weights.intercept -= move;
}

void SoftmaxRegression::follow(RateGuard::Advice advice) {
  if (advice == RateGuard::Advice::none) return;
  if (advice == RateGuard::Advice::keep) return keep();
  if (advice == RateGuard::Advice::start_over) good_.clear();
  restore();
}

void SoftmaxRegression::keep() {
  const auto finite = [](double x) { return std::isfinite(x); };
  for (const Weights& weights : now_)
    if (!finite(weights.intercept) || !std::ranges::all_of(weights.numbers, finite) ||
        !touched_.finite(weights.indicators))
      return;
  good_.resize(now_.size());
  for (std::size_t k = 0; k < now_.size(); ++k) {
    good_[k].seen = now_[k].seen;
    good_[k].intercept = now_[k].intercept;
    good_[k].numbers = now_[k].numbers;
    touched_.copy(now_[k].indicators, good_[k].indicators);
  }
  touched_.none();
}

void SoftmaxRegression::restore() {
  const std::size_t classes = now_.size();
  std::vector<Weights> old = std::move(now_);
  now_ = good_;
  now_.resize(classes);
  for (std::size_t k = 0; k < classes; ++k) {  // a class once seen stays known
    now_[k].seen = old[k].seen;
    if (now_[k].seen) now_[k].numbers.resize(numbers_);
  }
  touched_.none();
}

void SoftmaxRegression::state(StateVisitor& visit) {
  visit.version("softmax_regression", 2);
  visit(now_, good_, updates_, guard_, spread_);
  if (visit.loading()) touched_.all();
  for (const auto* classes : {&now_, &good_})
    for (const Weights& weights : *classes)
      if (weights.numbers.size() != (weights.seen ? numbers_ : 0))
        throw StateError("softmax_regression: the state has a different number of columns");
}

std::unique_ptr<LearnerSpec> make_softmax_regression_spec() {
  return std::make_unique<LinearSpec<SoftmaxRegression>>();
}

}  // namespace weir
