#include "models/linear/linear_regression.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/linear/linear_spec.h"

namespace weir {
namespace {

constexpr double kLargestTarget = 1e150;  // its square is finite
constexpr double kLargestScore = std::numeric_limits<double>::max();

}  // namespace

bool LinearRegression::predict_one(const Row& row, std::vector<double>& scores) const {
  const double raw = linear_.predict_one(row);
  if (std::isnan(raw) && has_missing(row)) return false;
  scores.assign(1, std::isnan(raw) ? 0 : std::clamp(raw, -kLargestScore, kLargestScore));
  return true;
}

bool LinearRegression::learn_one(const Row& row, double y, double weight) {
  if (!learnable(row) || !(std::abs(y) <= kLargestTarget)) return false;
  const double error = linear_.predict_one(row) - y;
  if (!std::isfinite(error * error)) [[unlikely]] {
    linear_.exploded(spread_);
    return true;
  }
  linear_.step(row, 2 * error * weight);
  spread_.add(y);
  linear_.watch(error * error, spread_);
  return true;
}

std::unique_ptr<LearnerSpec> make_linear_regression_spec() {
  return std::make_unique<LinearSpec<LinearRegression>>();
}

}  // namespace weir
