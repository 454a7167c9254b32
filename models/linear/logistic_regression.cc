#include "models/linear/logistic_regression.h"

#include <algorithm>
#include <cmath>

#include "models/linear/linear_spec.h"
#include "pipeline/core/exact_math.h"

namespace weir {

bool LogisticRegression::predict_one(const Row& row, std::vector<double>& scores) const {
  const double raw = linear_.predict_one(row);
  if (std::isnan(raw) && has_missing(row)) return false;
  scores.assign(1, std::isnan(raw) ? 0.5 : exact::sigmoid(raw));
  return true;
}

bool LogisticRegression::learn_one(const Row& row, double y, double weight) {
  if (!learnable(row)) return false;
  const double raw = linear_.predict_one(row);
  if (!std::isfinite(raw)) [[unlikely]] {
    linear_.exploded(spread_);
    return true;
  }
  linear_.step(row, (exact::sigmoid(raw) - y) * weight);
  const bool positive = y > 0.5;
  spread_.add(positive ? 1 : 0);
  // The log loss less at most ln 2, without a logarithm: enough to see an explosion.
  const double loss = std::max(0.0, positive ? -raw : raw);
  linear_.watch(loss, spread_);
  return true;
}

std::unique_ptr<LearnerSpec> make_logistic_regression_spec() {
  return std::make_unique<LinearSpec<LogisticRegression>>();
}

}  // namespace weir
