#include "pipeline/service/shard_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

MetricSamples report_of(LiveShard& live) {
  MetricSamples samples;
  live.report(samples);
  return samples;
}

bool contains(std::span<const std::uint32_t> shards, std::uint32_t shard) {
  return std::ranges::find(shards, shard) != shards.end();
}

}  // namespace

std::vector<std::uint32_t> ShardSet::running() const {
  std::vector<std::uint32_t> shards;
  for (const auto& [shard, held] : running_) shards.push_back(shard);
  return shards;
}

void ShardSet::take(std::uint32_t shard, std::unique_ptr<LiveShard> live) {
  board_.set(shard, report_of(*live));  // to be seen while the next one recovers
  running_[shard] = {std::move(live)};
}

void ShardSet::take_parked(std::uint32_t shard, std::unique_ptr<LiveShard> live) {
  live->write_out();
  parked_[shard] = {std::move(live)};
  board_.erase(shard);
}

bool ShardSet::resume(std::uint32_t shard) {
  const auto at = parked_.find(shard);
  if (at == parked_.end()) return false;
  Held held = std::move(at->second);
  parked_.erase(at);
  if (!held.live->resume()) return false;
  running_[shard] = std::move(held);
  return true;
}

void ShardSet::park(std::span<const std::int32_t> shards, bool lost) {
  for (const std::int32_t partition : shards) {
    const auto shard = static_cast<std::uint32_t>(partition);
    const auto at = running_.find(shard);
    if (at == running_.end()) continue;
    at->second.live->park(lost);
    parked_[shard] = std::move(at->second);
    running_.erase(at);
    board_.erase(shard);
  }
}

void ShardSet::drop_others(std::span<const std::uint32_t> wanted) {
  std::erase_if(running_, [&](auto& one) {
    auto& [shard, held] = one;
    if (contains(wanted, shard)) return false;
    held.live->park(false);
    board_.erase(shard);
    return true;
  });
}

void ShardSet::drop_parked_others(std::span<const std::uint32_t> wanted) {
  std::erase_if(parked_, [&](const auto& one) {
    const auto& [shard, held] = one;
    if (contains(wanted, shard)) return false;
    tell(shard, Notice::Level::info,
         fmt::format("released after epoch {}", held.live->epoch()));
    return true;
  });
}

ShardSet::Turn ShardSet::turn(Time deadline) {
  Turn turn{.deadline = deadline};
  std::erase_if(running_, [&](auto& one) {
    auto& [shard, held] = one;
    LiveShard& live = *held.live;
    turn.busy = live.work() || turn.busy;
    turn.deadline = std::min(turn.deadline, live.next_deadline());
    for (const Notice& notice : live.take_notices()) tell(shard, notice.level, notice.text);
    if (live.stopped() == StopReason::none) return false;
    if (live.stopped() == StopReason::lost_input) live.finish();
    turn.stopped.push_back({shard, live.stopped(), live.reason()});
    return live.stopped() == StopReason::fenced || live.stopped() == StopReason::lost_input;
  });
  return turn;
}

void ShardSet::report() {
  SampleBoard::PerShard samples;
  for (auto& [shard, held] : running_) {
    samples[shard] = report_of(*held.live);
    watch_snapshots(shard, held);
  }
  board_.replace(std::move(samples));
}

void ShardSet::watch_snapshots(std::uint32_t shard, Held& held) {
  const std::string error = held.live->snapshot_error();
  if (error.empty() == !held.snapshots_fail) return;
  held.snapshots_fail = !error.empty();
  if (held.snapshots_fail)
    tell(shard, Notice::Level::error,
         fmt::format("no snapshot could be written; a restart replays more instead: {}", error));
  else
    tell(shard, Notice::Level::info, "snapshots are written again");
}

std::vector<ShardSet::Stop> ShardSet::finish(std::vector<ShardEnd>& ends) {
  std::vector<Stop> stopped;
  for (auto& [shard, held] : parked_)  // nobody has them yet
    if (held.live->resume()) running_[shard] = std::move(held);
  parked_.clear();
  for (auto& [shard, held] : running_) {
    LiveShard& live = *held.live;
    live.finish();
    if (live.stopped() != StopReason::none) {
      stopped.push_back({shard, live.stopped(), live.reason()});
      continue;
    }
    board_.set(shard, report_of(live));
    ends.push_back(live.end());
  }
  running_.clear();
  return stopped;
}

void ShardSet::clear() {
  running_.clear();
  parked_.clear();
}

void ShardSet::tell(std::uint32_t shard, Notice::Level level, const std::string& text) {
  events_.tell({level, fmt::format("shard {}: {}", shard, text)});
}

}  // namespace weir
