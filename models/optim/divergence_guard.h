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
      sum_ = largest_ = others_ = 0;
      if (++windows_ == kKeep) windows_ = 0;
    }
    ++rows_;
    sum_ += loss;
    others_ += loss > largest_ ? largest_ : loss;
    if (loss > largest_) largest_ = loss;
  }

  bool diverged(double baseline) const { return !(sum_ <= kDiverged * kWindow * baseline); }
  bool healthy(double baseline) const { return sum_ <= kHealthy * kWindow * baseline; }
  /// Whether the window is healthy without its largest loss.
  bool healthy_but_for_one(double baseline) const {
    return others_ <= kHealthy * kWindow * baseline;
  }
  bool full() const { return rows_ == kWindow; }
  bool time_to_keep(double baseline) const {
    return full() && windows_ == kKeep - 1 && healthy(baseline);
  }
  void start_over() { *this = {}; }

  void state(StateVisitor& visit) { visit(rows_, windows_, sum_, largest_, others_); }

 private:
  std::uint32_t rows_ = 0;
  std::uint32_t windows_ = 0;
  double sum_ = 0;
  double largest_ = 0;
  double others_ = 0;  // the sum without the largest
};

}  // namespace weir
