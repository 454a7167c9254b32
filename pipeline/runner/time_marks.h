#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "pipeline/core/step.h"

namespace weir {

class OpenEpoch;
class ShardMachine;

/// When time passes without a record that says so. A tick moves the watermark of a shard whose
/// lanes are all idle up to the next timer; the time that passed is measured since the watermark
/// last moved.
class TickTimer {
 public:
  using Clock = std::chrono::steady_clock;

  /// `watermark`: of now, ms or kNoTime; `all_idle`: whether no lane holds it; `timer`: the next
  /// event time that an operator waits for. Returns the watermark that a tick sets now. If there
  /// will be one later, `deadline` comes no later than that.
  std::optional<std::int64_t> due(std::int64_t watermark, bool all_idle,
                                  std::optional<std::int64_t> timer, Clock::time_point now,
                                  Clock::time_point& deadline);

 private:
  Clock::time_point since_;  // when the watermark was first seen
  std::int64_t last_ = kNoTime;
};

/// Makes the passing of time a part of the epoch: idle marks and ticks.
class TimeMarks {
 public:
  using Clock = std::chrono::steady_clock;

  /// Marks lanes that have been at their end for their source's `idle`: they no longer hold the
  /// watermark, whatever the other lanes have. Returns whether there was one; `deadline` comes no
  /// later than the next.
  bool idle(ShardMachine& machine, OpenEpoch& epoch, Clock::time_point now,
            Clock::time_point& deadline);
  /// A tick, if one is due and every lane is at its end. Returns whether it was.
  bool tick(ShardMachine& machine, OpenEpoch& epoch, Clock::time_point now,
            Clock::time_point& deadline);

 private:
  TickTimer timer_;
};

}  // namespace weir
