#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/learner.h"
#include "models/linear/generalized_linear.h"
#include "models/optim/target_spread.h"

namespace weir {

/// Logistic regression: the probability of true is 1 / (1 + exp(-(w.x + b))), learned on the log
/// loss.
///
/// Input: rows of numbers and indicators. Output: probability of true, 0.5 before the first row.
/// Cost, memory, source: GeneralizedLinear's; as river.linear_model.LogisticRegression (0.26).
class LogisticRegression final : public Learner {
 public:
  using Options = GeneralizedLinear::Options;

  LogisticRegression(const Options& options, std::size_t numbers) : linear_(options, numbers) {}

  bool predict_one(const Row& row, std::vector<double>& scores) const override;
  bool learn_one(const Row& row, double y, double weight) override;
  void forget(std::span<const std::uint32_t> indicators) override { linear_.forget(indicators); }
  std::uint64_t restored() const override { return linear_.restored(); }
  double rate_factor() const override { return linear_.rate_factor(); }
  void state(StateVisitor& visit) override { visit(linear_, spread_); }

  const GeneralizedLinear& linear() const { return linear_; }

 private:
  GeneralizedLinear linear_;
  ClassSpread spread_{2};
};

std::unique_ptr<LearnerSpec> make_logistic_regression_spec();

}  // namespace weir
