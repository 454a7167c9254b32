#pragma once

#include <cstdint>

#include "pipeline/core/state.h"

namespace weir {

/// What the divergence guard multiplies a learning rate by: halved when the learner diverges,
/// doubled again while it is healthy.
///
/// Every healthy window of 100 rows doubles the factor until it is 1, so 10,000 healthy rows undo
/// any number of halvings: they are at most 100. That is right where a row was at fault. Where the
/// rate itself is too high, the losses grow over several rows: the factor then waits twice as many
/// windows for its next doubling each time, so that a rate that does not fit is tried ever more
/// rarely.
/// Also counts restores in a row: a copy that diverges again and again without a healthy window
/// between does not fit the data any more.
class RateBackoff {
 public:
  static constexpr std::uint32_t kMostHalvings = 100;
  static constexpr std::uint32_t kMostPatience = 30;   // doublings of the windows to wait
  static constexpr std::uint32_t kRestoresInARow = 10;  // then the copy is given up

  double factor() const { return factor_; }
  /// Whether the factor is on its way back to 1.
  bool recovering() const { return factor_ != 1; }
  bool copy_is_useless() const { return in_a_row_ >= kRestoresInARow; }

  /// The learner diverged; `sudden`: at one row, out of healthy losses.
  void diverged(bool sudden) {
    if (factor_ > 0x1p-100) factor_ /= 2;
    healthy_ = 0;
    if (!sudden && patience_ < kMostPatience) ++patience_;
    if (!copy_is_useless()) ++in_a_row_;
  }
  void copy_given_up() { in_a_row_ = 0; }

  /// A full window of healthy losses has passed.
  void healthy() {
    in_a_row_ = 0;
    if (factor_ == 1 && patience_ == 0) return;
    if (++healthy_ < (std::uint64_t{1} << patience_)) return;
    healthy_ = 0;
    if (factor_ < 1)
      factor_ *= 2;
    else
      --patience_;
  }

  void state(StateVisitor& visit) { visit(factor_, healthy_, patience_, in_a_row_); }

 private:
  double factor_ = 1;           // a power of two
  std::uint64_t healthy_ = 0;   // windows since the last doubling
  std::uint32_t patience_ = 0;  // a doubling takes 2^patience windows
  std::uint32_t in_a_row_ = 0;  // restores without a healthy window between
};

}  // namespace weir
