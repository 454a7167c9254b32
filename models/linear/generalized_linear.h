#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/columns.h"
#include "models/linear/touched_columns.h"
#include "models/optim/learning_rate.h"
#include "models/optim/rate_guard.h"

namespace weir {

/// A linear predictor w.x + b learned by stochastic gradient descent, one row at a time; what
/// logistic and linear regression share.
///
/// Input: rows without missing numbers; indicator columns count as x = 1. A step takes the loss's
/// gradient g by the prediction (times the row's weight, clipped): b by its own rate, then w by
/// g x + l2 w, then the cumulative l1 penalty. Penalties act on the columns present in the row.
/// Cost: O(numbers + indicators of the row). Memory: 8 bytes a column, 16 with l1; twice that, for
/// the copy that the divergence guard keeps every 1,000 rows (of what changed since the last).
/// Source: l1: Tsuruoka, Tsujii, Ananiadou 2009, ACL, 477; all as river.linear_model.base.GLM
/// (0.26) with optim.SGD, to 1e-9.
class GeneralizedLinear {
 public:
  struct Options {
    LearningRate learning_rate;
    std::optional<Literal> intercept_learning_rate;
    double intercept_init = 0;
    double l1 = 0;
    double l2 = 0;
    double clip_gradient = 1e12;

    void describe(OptionVisitor& option);
  };

  GeneralizedLinear(const Options& options, std::size_t numbers);

  /// w.x + b; not finite when a number is missing or too large.
  double predict_one(const Row& row) const;

  /// One step of gradient descent.
  void step(const Row& row, double gradient);
  /// Makes the weights of indicator columns 0, in the copy too.
  void forget(std::span<const std::uint32_t> indicators);

  /// Adds the row's loss; restores the last good copy and halves the rate when the learner has
  /// diverged. `spread` has the loss of predicting the running mean.
  template <class Spread>
  void watch(double loss, const Spread& spread) {
    const RateGuard::Advice advice = guard_.add(loss, spread);
    if (advice != RateGuard::Advice::none) [[unlikely]] follow(advice);
  }
  /// The same for a row whose prediction is not finite.
  template <class Spread>
  void exploded(const Spread& spread) {
    follow(guard_.exploded(spread));
  }
  std::uint64_t restored() const { return guard_.restored(); }
  double rate_factor() const { return guard_.factor(); }

  const std::vector<double>& weights() const { return now_.numbers; }
  const std::vector<double>& indicator_weights() const { return now_.indicators; }
  double intercept() const { return now_.intercept; }

  void state(StateVisitor& visit);

 private:
  struct Weights {
    std::vector<double> numbers;
    std::vector<double> indicators;
    double intercept = 0;
    double penalty = 0;                   // l1 that any weight could have got so far
    std::vector<double> numbers_penalty;  // l1 that each weight did get; empty without l1
    std::vector<double> indicators_penalty;

    void state(StateVisitor& visit) {
      visit(numbers, indicators, intercept, penalty, numbers_penalty, indicators_penalty);
    }
  };

  void penalize(const Row& row);
  void penalize(double& weight, double& received) const;
  void follow(RateGuard::Advice advice);
  void keep();

  Options options_;
  std::optional<double> intercept_rate_;  // none: the same as the weights'
  Weights now_;
  Weights good_;            // finite
  TouchedColumns touched_;  // where their indicators may differ
  std::uint64_t updates_ = 0;
  RateGuard guard_;
};

/// Whether a number that reaches the learner is missing.
bool has_missing(const Row& row);

/// Whether a learner can learn the row: no number is missing and its squared length is finite. Too
/// large a row is not the learner's fault: the divergence guard must not act on it.
bool learnable(const Row& row);

}  // namespace weir
