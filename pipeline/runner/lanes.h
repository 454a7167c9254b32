#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/graph/graph.h"
#include "pipeline/shard/shard.h"

namespace weir {

/// The reading side of a shard: one buffer of fetched records a lane, and the choice of the next
/// run.
class Lanes {
 public:
  using Clock = std::chrono::steady_clock;

  /// `readers`: one a source; `positions`: where each lane begins.
  Lanes(std::vector<Lane> lanes, std::vector<std::unique_ptr<RecordReader>> readers,
        std::vector<std::int64_t> positions, Signal& signal);

  std::size_t size() const { return lanes_.size(); }
  const Lane& lane(std::size_t index) const { return lanes_[index].lane; }
  /// Where a lane continues: after the last record taken, and at an end past the gaps there.
  std::int64_t position(std::size_t lane) const { return lanes_[lane].position; }
  std::vector<std::int64_t> positions() const;
  /// Records between the position and the partition's known end; -1 while unknown.
  std::int64_t lag(std::size_t lane) const;

  /// Fetches more where a buffer is empty.
  void refill(std::size_t max, Clock::time_point now);
  /// The same for one lane: replay reads none that it does not need, whose records may be gone.
  void refill(std::size_t lane, std::size_t max, Clock::time_point now);

  /// The lane to take the next run from: of those with data the one whose last event time is
  /// smallest; one whose source is more than `align_ms` ahead of another source with data waits.
  std::optional<std::size_t> choose(const EventClock& clock, std::int64_t align_ms) const;

  /// Up to `max` next records of a lane, of `bytes` in all or a single one, taken; they live until
  /// its next refill.
  std::span<const Record> take(std::size_t lane, std::size_t max, std::size_t bytes = SIZE_MAX);

  std::optional<std::string_view> head(std::size_t source) const {
    return readers_[source]->head();
  }

  /// How far a lane at its end has been read, gaps included; -1: unknown.
  std::int64_t read_to(std::size_t lane) const { return lanes_[lane].read_to; }
  /// A lane that seemed to be at its end may not be: its idleness counts from `now`.
  void end_again(std::size_t lane, Clock::time_point now) { lanes_[lane].ended = now; }

  bool empty(std::size_t lane) const { return lanes_[lane].next == lanes_[lane].buffer.size(); }
  /// Since when a lane has been at its end, if it is.
  std::optional<Clock::time_point> ended(std::size_t lane) const { return lanes_[lane].ended; }

 private:
  struct State {
    Lane lane;
    std::vector<Record> buffer;
    std::size_t next = 0;
    std::int64_t position = 0;
    std::int64_t read_to = -1;  // at an end: past the gaps there
    std::optional<Clock::time_point> ended;
  };

  std::vector<State> lanes_;
  std::vector<std::unique_ptr<RecordReader>> readers_;
};

}  // namespace weir
