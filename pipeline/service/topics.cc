#include "pipeline/service/topics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pipeline/core/topic_names.h"
#include "pipeline/runner/source_input.h"
#include "pipeline/snapshots/snapshot_topic.h"

namespace weir {
namespace {

constexpr std::int64_t kLeastCompactionLag = 3'600'000;  // ms
constexpr std::int64_t kSnapshotsReplayed = 10;          // snapshots may fail for a while
constexpr std::int64_t kBatchOverhead = 256;             // of a record that is a batch of its own

using Settings = std::map<std::string, std::string>;
using Wrong = std::vector<std::string>;  // what is wrong with the topics, one clause each

void refuse_if(const Wrong& wrong, const std::string& why = "") {
  if (wrong.empty()) return;
  throw LogFailure(LogFailure::Kind::refused, fmt::format("{}{}", fmt::join(wrong, "; "), why));
}

/// Replay reads the input again: a topic that drops overwritten records cannot be replayed.
void need_replayable(const SourceNode& source, const TopicSettings& settings,
                     const EngineConfig& engine, Wrong& wrong) {
  const std::int64_t needed =
      std::max<std::int64_t>(kLeastCompactionLag, kSnapshotsReplayed * engine.snapshot_every.ms);
  if (!settings.compacted || settings.min_compaction_lag_ms >= needed) return;
  wrong.push_back(fmt::format(
      "source {}: topic {} is compacted, so its records may be gone before they are replayed; set "
      "its min.compaction.lag.ms to {} or more (it is {}), or give weir an "
      "uncompacted copy",
      source.name, source.config->spec->topic(), needed, settings.min_compaction_lag_ms));
}

struct SourceTopic {
  std::int32_t partitions = 1;
  std::int64_t retention_ms = -1;
};

SourceTopic look_up(const SourceNode& source, const EngineConfig& engine, World& world,
                    Wrong& wrong) {
  const SourceInput input(source, *source.config, world);
  const auto partitions = input.partitions();
  if (!partitions) {
    wrong.push_back(fmt::format(
        "source {}: topic {} does not exist: create it (weir creates the topics it writes, not "
        "those it reads), or send a first event if the broker creates topics automatically",
        source.name, input.name()));
    return {};
  }
  if (!input.grows()) return {*partitions};
  const TopicSettings settings = world.source_log(*source.config).settings(input.name());
  need_replayable(source, settings, engine, wrong);
  return {*partitions, settings.deletes ? settings.retention_ms : -1};
}

/// A shard has a partition of every source, and the same of each.
void need_partitions(const SourceNode& source, std::int32_t partitions, const SourceNode& first,
                     std::int32_t of_first, std::uint32_t shards, Wrong& wrong) {
  if (partitions < static_cast<std::int32_t>(shards))
    wrong.push_back(fmt::format("source {} has {} partitions, fewer than the {} shards",
                                source.name, partitions, shards));
  if (shards > 1 && partitions != of_first)
    wrong.push_back(
        fmt::format("source {} has {} partitions, source {} has {}: with several shards they must "
                    "be equal",
                    source.name, partitions, first.name, of_first));
}

void look_at_sources(const Graph& graph, const EngineConfig& engine, World& world,
                     Layout& layout) {
  Wrong wrong;
  for (const SourceNode& source : graph.sources) {
    const SourceTopic topic = look_up(source, engine, world, wrong);
    layout.source_partitions.push_back(topic.partitions);
    layout.retention_ms.push_back(topic.retention_ms);
    need_partitions(source, topic.partitions, graph.sources.front(),
                    layout.source_partitions.front(), layout.shards, wrong);
  }
  refuse_if(wrong);
}

void need_topic(Log& log, const std::string& topic, std::int32_t partitions, bool create,
                const Settings& settings, Wrong& wrong) {
  if (log.partitions(topic)) return;
  if (create)
    log.create_topic(topic, partitions, settings);
  else
    wrong.push_back(fmt::format("topic {} does not exist", topic));
}

/// Outputs get as many partitions as the widest source has.
void need_outputs(Log& log, const Layout& layout, bool create, Wrong& wrong) {
  std::int32_t partitions = 1;
  for (const std::int32_t of_source : layout.source_partitions)
    partitions = std::max(partitions, of_source);
  for (const std::string& topic : layout.topics) {
    if (topic.empty())
      throw LogFailure(LogFailure::Kind::refused,
                       "a sink of type file works in `weir replay` only");
    need_topic(log, topic, partitions, create, {}, wrong);
  }
}

void need_own_topics(Log& log, const std::string& pipeline, std::int32_t shards, bool create,
                     Wrong& wrong) {
  const Settings for_ever = {{"retention.ms", "-1"}, {"cleanup.policy", "delete"}};
  need_topic(log, epochs_topic(pipeline), shards, create, for_ever, wrong);
  need_topic(log, snapshots_topic(pipeline), shards, create, snapshots_topic_settings(), wrong);
  // Without it a pipeline works, but takes no commands.
  if (const std::string control = control_topic(pipeline); create && !log.partitions(control))
    log.create_topic(control, 1, for_ever);
}

void check_shards(Log& log, const std::string& epochs, std::uint32_t shards) {
  const auto there = log.partitions(epochs);
  if (there == static_cast<std::int32_t>(shards)) return;
  throw LogFailure(
      LogFailure::Kind::refused,
      fmt::format("topic {} has {} partitions, one per shard, but engine.shards is {}. The "
                  "number of shards is pinned: set it back, or start under another pipeline name",
                  epochs, there.value_or(0), shards));
}

void look_at_outputs(Log& log, Layout& layout) {
  for (const std::string& topic : layout.topics) {
    layout.output_partitions.push_back(log.partitions(topic).value_or(1));
    const std::int64_t bytes = log.settings(topic).max_record_bytes - kBatchOverhead;
    layout.max_record_bytes = std::min(layout.max_record_bytes,
                                       static_cast<std::size_t>(std::max<std::int64_t>(0, bytes)));
  }
}

}  // namespace

Layout prepare_topics(const Graph& graph, const Config& config, World& world, bool create) {
  Layout layout;
  layout.shards = static_cast<std::uint32_t>(config.engine.shards);
  look_at_sources(graph, config.engine, world, layout);
  layout.topics = output_topics(graph);
  Wrong wrong;
  need_outputs(world.log, layout, create, wrong);
  need_own_topics(world.log, graph.pipeline, static_cast<std::int32_t>(layout.shards), create,
                  wrong);
  refuse_if(wrong, config.engine.create_topics ? "" : " (engine.create_topics is off)");
  const std::string epochs = epochs_topic(graph.pipeline);
  check_shards(world.log, epochs, layout.shards);
  look_at_outputs(world.log, layout);
  layout.topics.push_back(epochs);
  return layout;
}

}  // namespace weir
