#include "models/linear/linear_regression.h"

#include <algorithm>
#include <cmath>
#include <limits>

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
  const double raw = linear_.predict_one(row);
  if (!(std::abs(y) <= kLargestTarget)) return false;
  if (!std::isfinite(raw)) [[unlikely]] {
    if (has_missing(row) || !has_finite_norm(row)) return false;
    linear_.restore();
    return true;
  }
  const double error = raw - y;
  linear_.step(row, 2 * error * weight);
  spread_.add(y);
  linear_.watch(error * error, spread_);
  return true;
}

}  // namespace weir
