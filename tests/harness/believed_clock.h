#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/shard/believed_time.h"
#include "pipeline/shard/event_clock.h"

/// A clock with what it believes, without a shard.
namespace weir::engine_test {

inline constexpr std::int64_t kStart = 1'704'067'200'000;  // 2024
inline constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
inline constexpr std::int64_t kWrong = 4'102'444'800'000;  // 2100

/// A clock and what it believes, of sources with one partition each.
struct Clock {
  explicit Clock(std::vector<BelievedTime::Limits> limits = {{kHour, 10}})
      : Clock(limits, one_lane_each(limits.size())) {}
  Clock(const std::vector<BelievedTime::Limits>& limits, std::vector<std::size_t> sources)
      : believed(limits, sources), clock(std::vector<std::int64_t>(sources.size())) {}
  static std::vector<std::size_t> one_lane_each(std::size_t sources) {
    std::vector<std::size_t> lanes;
    for (std::size_t i = 0; i < sources; ++i) lanes.push_back(i);
    return lanes;
  }

  std::int64_t row(std::int64_t time, std::optional<std::uint64_t> key, std::size_t lane = 0) {
    late += time < clock.watermark();
    if (!believed.take(lane, time)) return believed.judge(lane, time, key, clock);
    if (believed.wants_key(lane)) believed.note(lane, key);
    clock.row(lane, time);
    return time;
  }
  bool idle(std::size_t lane) {
    clock.idle(lane);
    return believed.idle(lane, clock);
  }
  std::uint64_t refused(std::size_t source = 0) const { return believed.counts(source).refused; }

  BelievedTime believed;
  EventClock clock;
  std::size_t late = 0;
};

}  // namespace weir::engine_test
