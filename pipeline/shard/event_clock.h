#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "pipeline/core/state.h"
#include "pipeline/core/step.h"

namespace weir {

/// The one clock of a shard. A lane's watermark is its highest event time less its lateness; the
/// shard's is the least over the lanes that are not idle, and never goes back. Once all are idle it
/// is the greatest of all: in which order they fell idle does not matter, and one that never had a
/// row does not stop the clock.
class EventClock {
 public:
  /// One entry a lane: its source's lateness in ms.
  explicit EventClock(std::vector<std::int64_t> lateness_ms);

  /// A row of `lane` has come; it ends the lane's idleness. kNoTime: of a time that does not count
  /// yet.
  void row(std::size_t lane, std::int64_t event_time);
  /// An earlier row of `lane` counts from now on.
  void raise(std::size_t lane, std::int64_t event_time);
  /// The lane has been at its end for as long as its source's `idle` says.
  void idle(std::size_t lane);
  /// No lane has anything, and time has passed.
  void tick(std::int64_t watermark);
  /// Every lane that is not idle has read up to `event_time` (replay, which merges by event time).
  void merged(std::int64_t event_time);

  std::int64_t watermark() const { return watermark_; }
  bool is_idle(std::size_t lane) const { return lanes_[lane].idle; }
  bool all_idle() const;
  /// The highest event time of a lane, or kNoTime.
  std::int64_t high(std::size_t lane) const { return lanes_[lane].high; }

  /// Continues another clock: lane i its lane `lanes[i]`, or starts over (kNoLane).
  void carry(const EventClock& from, std::span<const std::size_t> lanes);
  static constexpr std::size_t kNoLane = std::numeric_limits<std::size_t>::max();

  void state(StateVisitor& visit);

 private:
  struct Lane {
    std::int64_t high = kNoTime;
    bool idle = false;
    void state(StateVisitor& visit) { visit(high, idle); }
  };

  std::int64_t reached(std::size_t lane) const {
    return lanes_[lane].high == kNoTime ? kNoTime : lanes_[lane].high - lateness_[lane];
  }
  void advance();

  std::vector<std::int64_t> lateness_;
  std::vector<Lane> lanes_;
  std::int64_t least_ = kNoTime;  // over lanes that are not idle
  std::int64_t watermark_ = kNoTime;
};

}  // namespace weir
