#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/core/exact_math.h"
#include "pipeline/core/state.h"

namespace weir {

/// The mean squared error of predicting a number's running mean: its variance so far, counted with
/// one imaginary value before the first: what a learner predicts before it has learned. So a
/// constant has a spread, too, and approaching it does not look like a divergence.
class NumberSpread {
 public:
  static constexpr bool kDear = false;
  static constexpr double kLeast = 0;

  explicit NumberSpread(double before = 0) : mean_(before) {}

  void add(double y) {
    const double n = static_cast<double>(++rows_) + 1;
    const double before = y - mean_;
    mean_ += before / n;
    variance_ += (before * (y - mean_) - variance_) / n;
  }
  double loss() const { return variance_; }

  void state(StateVisitor& visit) { visit(rows_, mean_, variance_); }

 private:
  std::uint64_t rows_ = 0;
  double mean_;
  double variance_ = 0;
};

/// The mean log loss of predicting classes by their frequencies: their entropy in nats, counted
/// with half a row more of each, so that a single class has an entropy too; at least a thousandth:
/// after a thousand million rows of one class the first of another is no explosion.
class ClassSpread {
 public:
  static constexpr bool kDear = true;
  static constexpr double kLeast = 1e-3;

  explicit ClassSpread(std::size_t classes = 0) : rows_(classes) {}

  void add(std::size_t y) {
    if (y >= rows_.size()) rows_.resize(y + 1);
    ++rows_[y];
  }
  /// Cost: O(classes).
  double loss() const {
    double total = 0.5;  // a class that never came
    for (const std::uint64_t n : rows_) total += static_cast<double>(n) + 0.5;
    double sum = -0.5 * exact::log(0.5 / total);
    for (const std::uint64_t n : rows_) {
      const double rows = static_cast<double>(n) + 0.5;
      sum -= rows * exact::log(rows / total);
    }
    return std::max(kLeast, sum / total);
  }

  void state(StateVisitor& visit) { visit(rows_); }

 private:
  std::vector<std::uint64_t> rows_;
};

}  // namespace weir
