#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/learner.h"
#include "models/linear/touched_columns.h"
#include "models/optim/learning_rate.h"
#include "models/optim/rate_guard.h"
#include "models/optim/target_spread.h"

namespace weir {

/// Multinomial logistic regression: the probability of class k is exp(w_k.x) / sum exp(w_j.x),
/// learned on the cross-entropy. No intercept, as River's, unless asked for.
///
/// Input: rows of numbers and indicators; y is the class's number. A class enters with its first
/// label; one below it that never came has probability 0. Output: probabilities that add up to 1.
/// Cost: O(classes (numbers + indicators of the row)). Memory: 8 bytes a class and column, twice,
/// for the copy that the divergence guard keeps every 1,000 rows (of what changed since the last).
/// Source: Bishop 2006, 4.3.4; as river.linear_model.SoftmaxRegression (0.26) with optim.SGD, to
/// 1e-9; with a falling rate t counts all rows, not those since the class came.
class SoftmaxRegression final : public Learner {
 public:
  struct Options {
    LearningRate learning_rate;
    double l2 = 0;
    bool intercept = false;

    void describe(OptionVisitor& option);
  };

  SoftmaxRegression(const Options& options, std::size_t numbers);

  bool predict_one(const Row& row, std::vector<double>& scores) const override;
  bool learn_one(const Row& row, double y, double weight) override;
  void forget(std::span<const std::uint32_t> indicators) override;
  std::size_t classes() const override { return now_.size(); }
  std::uint64_t restored() const override { return guard_.restored(); }
  double rate_factor() const override { return guard_.factor(); }
  void state(StateVisitor& visit) override;

 private:
  /// One class's weights.
  struct Weights {
    bool seen = false;
    double intercept = 0;
    std::vector<double> numbers;  // empty until seen
    std::vector<double> indicators;

    void state(StateVisitor& visit) { visit(seen, intercept, numbers, indicators); }
  };

  /// Writes w_k.x of each class, -infinity for one not seen; returns the largest.
  double raw_scores(const Row& row, std::vector<double>& scores) const;
  bool any_seen() const;
  void step(Weights& weights, const Row& row, double gradient, double rate);
  void follow(RateGuard::Advice advice);
  void keep();
  void restore();

  Options options_;
  std::size_t numbers_;
  std::vector<Weights> now_;  // by class
  std::vector<Weights> good_;  // finite
  TouchedColumns touched_;     // where their indicators may differ
  std::uint64_t updates_ = 0;
  RateGuard guard_;
  ClassSpread spread_;
  std::vector<double> scores_;  // scratch
};

std::unique_ptr<LearnerSpec> make_softmax_regression_spec();

}  // namespace weir
