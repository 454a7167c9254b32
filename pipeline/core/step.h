#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "pipeline/core/arena.h"

namespace weir {

/// The watermark before any event time is known.
inline constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

/// What a shard takes through the graph at once: consecutive sequence numbers (rows, bad records,
/// ticks). A batch's row holds its position here. What comes out never depends on where a step is
/// cut (the order law).
struct Step {
  static constexpr std::uint16_t kTick = 0xffff;  // in `source`: no record, only time

  Arena arena;
  std::uint64_t first_sequence = 0;
  // One entry a position:
  std::vector<std::uint16_t> source;      // index of the source, or kTick
  std::vector<std::int64_t> event_time;   // ms; of ticks and bad records: kNoTime
  std::vector<std::int64_t> watermark;    // ms, after this position; never decreasing
  std::vector<bool> late;                 // event time before the watermark when it came

  std::uint32_t size() const { return static_cast<std::uint32_t>(watermark.size()); }

  /// The first position whose watermark is at least `time`, or size(): where a timer due at
  /// `time` fires, before that position's row.
  std::uint32_t first_at(std::int64_t time) const {
    return static_cast<std::uint32_t>(
        std::lower_bound(watermark.begin(), watermark.end(), time) - watermark.begin());
  }

  void clear(std::uint64_t next_sequence) {
    arena.reset();
    first_sequence = next_sequence;
    source.clear();
    event_time.clear();
    watermark.clear();
    late.clear();
  }
};

}  // namespace weir
