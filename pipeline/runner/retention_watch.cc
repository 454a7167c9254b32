#include "pipeline/runner/retention_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipeline/epochs/epoch_log.h"
#include "pipeline/core/topic_names.h"
#include "pipeline/runner/shard_machine.h"
#include "pipeline/runner/snapshot_taker.h"

namespace weir {
namespace {

constexpr std::chrono::seconds kEvery{30};

}  // namespace

Headroom headroom_of(const LaneRetention& lane, const Headroom& before, std::int64_t now_ms,
                     bool& snapshot) {
  Headroom room{before.records};
  if (lane.range) room.records = lane.base - lane.range->first;
  if (lane.position <= lane.base) return room;  // there is nothing to replay
  if (lane.range && *room.records < (lane.range->end - lane.range->first) / 10) snapshot = true;
  if (lane.retention_ms < 0 || lane.base_ms == kNoTime) return room;
  const std::int64_t left = lane.retention_ms - (now_ms - lane.base_ms);
  room.seconds = static_cast<double>(left) / 1000;
  if (left < lane.retention_ms / 2) snapshot = true;
  return room;
}

RetentionWatch::RetentionWatch(World& world, std::chrono::milliseconds keep_epochs,
                               Notices& notices)
    : world_(world), keep_epochs_(keep_epochs), notices_(notices) {}

void RetentionWatch::watch(ShardMachine& machine, SnapshotTaker& snapshots, Clock::time_point now) {
  if (now - looked_at_ < kEvery) return;
  looked_at_ = now;
  ShardInput& input = machine.input();
  const SnapshotTaker::Base& base = snapshots.replay_base();
  const auto& kept = base.cursor.entries();
  const std::vector<std::int64_t>& retention = machine.pipeline().layout().retention_ms;
  headroom_.resize(input.size());
  bool snapshot = false;
  bool answered = false;
  for (std::size_t lane = 0; lane < input.size(); ++lane) {
    if (!input.input(lane).grows()) continue;
    const Cursor::Input name{input.source(lane).name, input.partition(lane)};
    const auto at = std::ranges::find(kept, name, &Cursor::Entry::first);
    if (at == kept.end()) return;  // until a snapshot of this pipeline is written
    const std::size_t source = machine.shard().lanes()[lane].source;
    const LaneRetention here{
        input.position(lane), at->second, base.times[static_cast<std::size_t>(at - kept.begin())],
        input.range(lane), source < retention.size() ? retention[source] : -1};
    answered = answered || here.range;
    headroom_[lane] = headroom_of(here, headroom_[lane], world_.now_ms(), snapshot);
  }
  if (snapshot) snapshots.force();
  if (answered) trim_epochs(machine, snapshots);
  if (machine.pipeline().shard() == 0) look_for_partitions(machine);  // for all shards
}

/// Epochs before the oldest snapshot that everyone can read are needed for audits alone.
void RetentionWatch::trim_epochs(const ShardMachine& machine, const SnapshotTaker& snapshots) {
  const std::optional<TopicSnapshot> oldest = snapshots.store().oldest_in_topic();
  if (!oldest || oldest->log_position <= trimmed_) return;
  const std::string topic = epochs_topic(machine.pipeline().name());
  const auto shard = static_cast<std::int32_t>(machine.pipeline().shard());
  try {
    const std::int64_t before =
        std::min(oldest->log_position,
                 world_.log.offset_at(topic, shard, world_.now_ms() - keep_epochs_.count()));
    if (before <= trimmed_) return;
    world_.log.delete_records(topic, shard, before);
    trimmed_ = before;
  } catch (const LogFailure&) {  // again with the next
  }
}

/// Reports once the partitions that a source's topic gets while it is read: keys move to them, and
/// weir reads only those that there were when the pipeline began.
void RetentionWatch::look_for_partitions(const ShardMachine& machine) {
  const std::vector<SourceNode>& sources = machine.graph().sources;
  unread_.resize(sources.size());
  for (std::size_t s = 0; s < sources.size(); ++s) {
    const SourceNode& source = sources[s];
    if (!machine.input().may_ask()) continue;
    const std::int32_t read = machine.pipeline().layout().source_partitions[s];
    std::int32_t there = read;
    try {
      there = machine.pipeline().input_of(source).partitions(kSoon).value_or(read);
    } catch (const LogFailure&) {  // asked again with the headroom, nor are others waited for now
      return;
    }
    if (there - read > unread_[s])
      notices_.error(fmt::format(
          "source {} has {} partitions now, it had {} when this pipeline began: the new ones are "
          "not read, and the number cannot change. Start under another pipeline name",
          source.name, there, read));
    unread_[s] = std::max(0, there - read);
  }
}

void RetentionWatch::report(MetricSamples& samples, const ShardMachine& machine) const {
  const ShardInput& input = machine.input();
  for (std::size_t lane = 0; lane < std::min(input.size(), headroom_.size()); ++lane) {
    const std::string partition = std::to_string(input.partition(lane));
    const MetricLabel labels[] = {{"topic", input.input(lane).name()},
                                  {"partition", partition}};
    if (const auto records = headroom_[lane].records)
      samples.value(metric::replay_headroom_records, labels, static_cast<double>(*records));
    if (std::isfinite(headroom_[lane].seconds))
      samples.value(metric::replay_headroom_seconds, labels, headroom_[lane].seconds);
  }
  const std::vector<SourceNode>& sources = machine.graph().sources;
  for (std::size_t s = 0; s < std::min(sources.size(), unread_.size()); ++s)
    samples(metric::partitions_unread, {"source", sources[s].name}, unread_[s]);
}

}  // namespace weir
