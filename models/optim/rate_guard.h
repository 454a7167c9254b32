#pragma once

#include <cmath>
#include <cstdint>

#include "models/optim/divergence_guard.h"
#include "models/optim/rate_backoff.h"
#include "pipeline/core/state.h"

namespace weir {

/// Watches a learner's losses and says what to do with its weights; knows the factor of its rate.
///
/// The learner diverged: it restores its last good copy. After ten restores without a healthy
/// window between, the copy is what does not fit (a unit has changed): it starts over without one.
/// While the factor recovers, a window that is unhealthy but for one row ends the attempt, long
/// before the learner has diverged. Cost: O(1), and the spread's when a window is full.
class RateGuard {
 public:
  enum class Advice : std::uint8_t { none, keep, restore, start_over };

  /// Adds the row's loss. `spread` has the loss of predicting the running mean: asked at each row
  /// or, when dear, at a window's end and when the losses are too high for any spread.
  template <class Spread>
  Advice add(double loss, const Spread& spread) {
    guard_.add(loss);
    if (Spread::kDear && !guard_.full() && !backoff_.recovering() &&
        !guard_.diverged(Spread::kLeast))
      return Advice::none;
    const double baseline = spread.loss();
    if (guard_.diverged(baseline)) return diverged(baseline);
    if (backoff_.recovering() && !guard_.healthy_but_for_one(baseline)) return diverged(baseline);
    if (!guard_.full() || !guard_.healthy(baseline)) return Advice::none;
    backoff_.healthy();
    return guard_.time_to_keep(baseline) ? Advice::keep : Advice::none;
  }

  /// The row's prediction is not finite: the weights have exploded.
  template <class Spread>
  Advice exploded(const Spread& spread) {
    guard_.add(HUGE_VAL);
    return diverged(spread.loss());
  }

  double factor() const { return backoff_.factor(); }
  std::uint64_t restored() const { return restored_; }

  void state(StateVisitor& visit) { visit(guard_, backoff_, restored_); }

 private:
  Advice diverged(double baseline) {
    backoff_.diverged(guard_.healthy_but_for_one(baseline));
    guard_.start_over();
    ++restored_;
    if (!backoff_.copy_is_useless()) return Advice::restore;
    backoff_.copy_given_up();
    return Advice::start_over;
  }

  DivergenceGuard guard_;
  RateBackoff backoff_;
  std::uint64_t restored_ = 0;
};

}  // namespace weir
