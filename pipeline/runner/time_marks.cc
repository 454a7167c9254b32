#include "pipeline/runner/time_marks.h"

#include <algorithm>

#include "pipeline/runner/open_epoch.h"
#include "pipeline/runner/shard_machine.h"

namespace weir {

using std::chrono::milliseconds;

namespace {

constexpr std::int64_t kLongestSleep = 1000;  // ms

}  // namespace

std::optional<std::int64_t> TickTimer::due(std::int64_t watermark, bool all_idle,
                                           std::optional<std::int64_t> timer,
                                           Clock::time_point now, Clock::time_point& deadline) {
  if (watermark != last_) {
    last_ = watermark;
    since_ = now;
  }
  if (!all_idle || watermark == kNoTime || !timer) return std::nullopt;
  const std::int64_t passed = std::chrono::duration_cast<milliseconds>(now - since_).count();
  if (watermark + passed >= *timer) return watermark + passed;
  const std::int64_t left = std::min(kLongestSleep, *timer - watermark - passed);
  deadline = std::min(deadline, now + milliseconds(left));
  return std::nullopt;
}

bool TimeMarks::idle(ShardMachine& machine, OpenEpoch& epoch, Clock::time_point now,
                     Clock::time_point& deadline) {
  ShardInput& input = machine.input();
  Shard& shard = machine.shard();
  bool marked = false;
  for (std::size_t lane = 0; lane < input.size(); ++lane) {
    const auto ended = input.ended(lane);
    if (!ended || shard.clock().is_idle(lane)) continue;
    const SourceNode& source = input.source(lane);
    const auto idle_at = *ended + milliseconds(source.config->idle.ms);
    if (now < idle_at) {
      deadline = std::min(deadline, idle_at);
      continue;
    }
    if (!input.still_at_end(lane, now)) continue;
    epoch.mark({shard.sequence(), Mark::Kind::idle, 0, source.name, input.partition(lane)}, now);
    shard.idle(lane);
    marked = true;
  }
  return marked;
}

bool TimeMarks::tick(ShardMachine& machine, OpenEpoch& epoch, Clock::time_point now,
                     Clock::time_point& deadline) {
  ShardInput& input = machine.input();
  Shard& shard = machine.shard();
  const auto watermark = timer_.due(shard.clock().watermark(), shard.clock().all_idle(),
                                    shard.next_timer(), now, deadline);
  if (!watermark) return false;
  for (std::size_t lane = 0; lane < input.size(); ++lane)
    if (!input.still_at_end(lane, now)) return false;
  epoch.mark({shard.sequence(), Mark::Kind::tick, *watermark, {}, 0}, now);
  shard.tick(*watermark);
  shard.flush();
  return true;
}

}  // namespace weir
