#include "models/linear/generalized_linear.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "models/linear/dot.h"

namespace weir {
namespace {

/// The rate written for the intercept; none: `same`.
std::optional<double> intercept_rate(const GeneralizedLinear::Options& options) {
  if (!options.intercept_learning_rate) {
    if (options.learning_rate.decay) return std::nullopt;
    return 0.01;
  }
  if (const double* rate = std::get_if<double>(&options.intercept_learning_rate->value))
    return *rate;
  return std::nullopt;
}

}  // namespace

void GeneralizedLinear::Options::describe(OptionVisitor& option) {
  learning_rate.describe(option);
  option("intercept_learning_rate", intercept_learning_rate,
         {.doc = "step size of the intercept: a number or `same`; default 0.01, with `decay` same",
          .min = 0,
          .choices = "same",
          .example = "same"});
  option("intercept_init", intercept_init, {.doc = "the intercept before the first row"});
  option("l1", l1, {.doc = "cumulative L1 penalty of the weights", .min = 0});
  option("l2", l2, {.doc = "L2 penalty of the weights", .min = 0});
  option("clip_gradient", clip_gradient, {.doc = "largest gradient of the loss", .min = 0});
  if (!option.reading()) return;
  if (l1 > 0 && l2 > 0) option.fail("l2", "use `l1` or `l2`, not both");
}

GeneralizedLinear::GeneralizedLinear(const Options& options, std::size_t numbers)
    : options_(options), intercept_rate_(intercept_rate(options)) {
  now_.numbers.resize(numbers);
  now_.intercept = options.intercept_init;
  if (options.l1 > 0) now_.numbers_penalty.resize(numbers);
  good_ = now_;
}

double GeneralizedLinear::predict_one(const Row& row) const {
  double sum = now_.intercept + dot(now_.numbers.data(), row.numbers.data(), now_.numbers.size());
  for (const std::uint32_t i : row.indicators)
    if (i < now_.indicators.size()) sum += now_.indicators[i];
  return sum;
}

void GeneralizedLinear::step(const Row& row, double gradient) {
  const double g = std::clamp(gradient, -options_.clip_gradient, options_.clip_gradient);
  const double rate = guard_.factor() * options_.learning_rate.at(updates_);
  now_.intercept -= (intercept_rate_ ? guard_.factor() * *intercept_rate_ : rate) * g;
  ++updates_;

  double* w = now_.numbers.data();
  const double* x = row.numbers.data();
  const std::size_t n = now_.numbers.size();
  const double move = rate * g;
  const double shrink = rate * options_.l2;
  if (shrink == 0)
    for (std::size_t i = 0; i < n; ++i) w[i] -= move * x[i];
  else
    for (std::size_t i = 0; i < n; ++i) w[i] -= move * x[i] + shrink * w[i];
  for (const std::uint32_t i : row.indicators) {
    if (i >= now_.indicators.size()) now_.indicators.resize(i + 1);
    now_.indicators[i] -= move + shrink * now_.indicators[i];
  }
  if (!row.indicators.empty()) touched_.add(row.indicators, now_.indicators.size());
  if (options_.l1 > 0) penalize(row);
}

void GeneralizedLinear::forget(std::span<const std::uint32_t> indicators) {
  for (std::vector<double>* weights : {&now_.indicators, &now_.indicators_penalty,
                                       &good_.indicators, &good_.indicators_penalty})
    for (const std::uint32_t i : indicators)
      if (i < weights->size()) (*weights)[i] = 0;
}

void GeneralizedLinear::penalize(const Row& row) {
  now_.penalty += options_.l1 * guard_.factor() * options_.learning_rate.at(updates_);
  for (std::size_t i = 0; i < now_.numbers.size(); ++i)
    penalize(now_.numbers[i], now_.numbers_penalty[i]);
  now_.indicators_penalty.resize(now_.indicators.size());
  for (const std::uint32_t i : row.indicators)
    penalize(now_.indicators[i], now_.indicators_penalty[i]);
}

void GeneralizedLinear::penalize(double& weight, double& received) const {
  const double before = weight;
  if (weight > 0)
    weight = std::max(0.0, weight - (now_.penalty + received));
  else if (weight < 0)
    weight = std::min(0.0, weight + (now_.penalty - received));
  received += weight - before;
}

void GeneralizedLinear::keep() {
  const auto finite = [](double value) { return std::isfinite(value); };
  if (!finite(now_.intercept) || !std::ranges::all_of(now_.numbers, finite) ||
      !touched_.finite(now_.indicators))
    return;
  good_.numbers = now_.numbers;
  good_.intercept = now_.intercept;
  good_.penalty = now_.penalty;
  good_.numbers_penalty = now_.numbers_penalty;
  touched_.copy(now_.indicators, good_.indicators);
  touched_.copy(now_.indicators_penalty, good_.indicators_penalty);
  touched_.none();
}

void GeneralizedLinear::follow(RateGuard::Advice advice) {
  if (advice == RateGuard::Advice::keep) return keep();
  if (advice == RateGuard::Advice::start_over) {
    for (std::vector<double>* weights :
         {&good_.numbers, &good_.indicators, &good_.numbers_penalty, &good_.indicators_penalty})
      std::ranges::fill(*weights, 0.0);
    good_.intercept = options_.intercept_init;
    good_.penalty = 0;
  }
  now_ = good_;
  touched_.none();
}

void GeneralizedLinear::state(StateVisitor& visit) {
  visit.version("generalized_linear", 2);
  const std::size_t numbers = now_.numbers.size();
  visit(now_, good_, updates_, guard_);
  if (visit.loading()) touched_.all();
  for (const Weights* weights : {&now_, &good_}) {
    if (weights->numbers.size() != numbers ||
        weights->numbers_penalty.size() != (options_.l1 > 0 ? numbers : 0))
      throw StateError("generalized_linear: the state has a different number of columns");
  }
}

bool has_missing(const Row& row) {
  return std::ranges::any_of(row.numbers, [](double x) { return std::isnan(x); });
}

bool learnable(const Row& row) {
  return std::isfinite(dot(row.numbers.data(), row.numbers.data(), row.numbers.size()));
}

}  // namespace weir
