#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/model/running_magnitude.h"
#include "pipeline/core/state.h"

namespace weir {

/// Tells rows that a model must not learn from the others: those with a number far outside what its
/// column had before, such as the fill value of a sensor.
///
/// Each number of a row is judged by the earlier ones of its column, and the target of a regression
/// by earlier targets. A missing number is never far. Cost: some nanoseconds a number.
class OutlierGuard {
 public:
  /// `numbers`: of a row.
  explicit OutlierGuard(std::size_t numbers) : columns_(numbers) {}

  /// Whether a row is refused; with `learn`, learns it, refused or not.
  bool refuses(std::span<const double> numbers, bool learn) {
    bool any = false;
    for (std::size_t i = 0; i < numbers.size(); ++i) any |= refuses(columns_[i], numbers[i], learn);
    refused_ += any;
    return any;
  }
  bool refuses_target(double y, bool learn) {
    const bool far = refuses(target_, y, learn);
    refused_ += far;
    return far;
  }

  /// Rows refused so far.
  std::uint64_t refused() const { return refused_; }

  void state(StateVisitor& visit) {
    visit.version("outlier guard", 1);
    const std::size_t columns = columns_.size();
    visit(columns_, target_, refused_);
    if (columns_.size() != columns)
      throw StateError("outlier guard: the state has a different number of columns");
  }

 private:
  static bool refuses(RunningMagnitude& column, double x, bool learn) {
    return learn ? column.refuses(x) : column.far(x);
  }

  std::vector<RunningMagnitude> columns_;
  RunningMagnitude target_;
  std::uint64_t refused_ = 0;
};

}  // namespace weir
