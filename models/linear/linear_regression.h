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

/// Linear regression: predicts w.x + b, learned on the squared error (gradient 2 (prediction - y)).
///
/// Input: rows of numbers and indicators; scale them first, or the rate is soon too high; targets
/// beyond 1e150 are not learned. Output: the value, in the target's unit; 0 before the first row.
/// Cost, memory, source: GeneralizedLinear's; as river.linear_model.LinearRegression (0.26), until
/// the divergence guard acts: River's explodes instead.
class LinearRegression final : public Learner {
 public:
  using Options = GeneralizedLinear::Options;

  LinearRegression(const Options& options, std::size_t numbers)
      : linear_(options, numbers), spread_(options.intercept_init) {}

  bool predict_one(const Row& row, std::vector<double>& scores) const override;
  bool learn_one(const Row& row, double y, double weight) override;
  void forget(std::span<const std::uint32_t> indicators) override { linear_.forget(indicators); }
  std::uint64_t restored() const override { return linear_.restored(); }
  double rate_factor() const override { return linear_.rate_factor(); }
  void state(StateVisitor& visit) override { visit(linear_, spread_); }

  const GeneralizedLinear& linear() const { return linear_; }

 private:
  GeneralizedLinear linear_;
  NumberSpread spread_;
};

std::unique_ptr<LearnerSpec> make_linear_regression_spec();

}  // namespace weir
