#pragma once

#include <cstdint>

#include "pipeline/core/state.h"

namespace weir {

/// Notices a learner whose updates have exploded, by the mean loss over windows of 100 rows.
///
/// Diverged: the mean is above a million times `baseline`, the mean loss of predicting the running
/// mean of the target. It may be asked in mid-window: later rows can only add to the sum.
/// Healthy: the mean is below ten times the baseline; the weights are then worth keeping.
/// Cost: O(1).
class DivergenceGuard {
 public:
  static constexpr std::uint32_t kWindow = 100;  // rows a mean is taken over
  static constexpr std::uint32_t kKeep = 10;     // windows between two kept copies
  static constexpr double kDiverged = 1e6;       // times the baseline
  static constexpr double kHealthy = 10;         // times the baseline

  /// Adds the loss of one row, not negative.
  void add(double loss) {
    if (rows_ == kWindow) {
      rows_ = 0;
      sum_ = 0;
      if (++windows_ == kKeep) windows_ = 0;
    }
    ++rows_;
    sum_ += loss;
  }

  bool diverged(double baseline) const { return !(sum_ <= kDiverged * kWindow * baseline); }
  bool full() const { return rows_ == kWindow; }
  bool time_to_keep(double baseline) const {
    return full() && windows_ == kKeep - 1 && sum_ <= kHealthy * kWindow * baseline;
  }
  void start_over() { *this = {}; }

  void state(StateVisitor& visit) { visit(rows_, windows_, sum_); }

 private:
  std::uint32_t rows_ = 0;
  std::uint32_t windows_ = 0;
  double sum_ = 0;
};

}  // namespace weir
