#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "pipeline/epochs/control_lane.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/epochs/topic_names.h"
#include "pipeline/service/service.h"
#include "pipeline/snapshots/snapshot_topic.h"

// What is done before a service starts: topics and the folder of its state.

namespace weir {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kLeastCompactionLag = 3'600'000;  // ms
constexpr std::int64_t kSnapshotsReplayed = 10;          // snapshots may fail for a while
constexpr std::int64_t kBatchOverhead = 256;             // of a record that is a batch of its own

void need_topic(Log& log, const std::string& topic, std::int32_t partitions, bool create,
                const std::map<std::string, std::string>& settings, std::string& wrong) {
  if (log.partitions(topic)) return;
  if (create)
    log.create_topic(topic, partitions, settings);
  else
    wrong += fmt::format("topic {} does not exist; ", topic);
}

/// Replay reads the input again: a topic that forgets what was overwritten cannot be replayed.
void need_replayable(const SourceNode& source, const std::string& topic,
                     const TopicSettings& settings, const EngineConfig& engine,
                     std::string& wrong) {
  const std::int64_t needed =
      std::max<std::int64_t>(kLeastCompactionLag, kSnapshotsReplayed * engine.snapshot_every.ms);
  if (!settings.compacted || settings.min_compaction_lag_ms >= needed) return;
  wrong += fmt::format(
      "source {}: topic {} is compacted, so its records may be gone before they are replayed; set "
      "its min.compaction.lag.ms to {} or more (it is {}), or give weir a copy that is not "
      "compacted; ",
      source.name, topic, needed, settings.min_compaction_lag_ms);
}

}  // namespace

Layout prepare_topics(const Graph& graph, const Config& config, World& world, bool create) {
  Layout layout;
  layout.shards = static_cast<std::uint32_t>(config.engine.shards);
  std::string wrong;
  std::int32_t most = 1;
  for (const SourceNode& source : graph.sources) {
    const std::string topic = source.config->spec->topic();
    std::int32_t partitions = 1;
    std::int64_t retention = -1;
    if (!topic.empty()) {
      const auto there = world.source_log(*source.config).partitions(topic);
      if (!there)
        wrong += fmt::format(
            "source {}: topic {} does not exist: create it (weir makes the topics that it writes, "
            "not those it reads), or send a first event where the broker makes topics by itself; ",
            source.name, topic);
      partitions = there.value_or(1);
      if (there) {
        const TopicSettings settings = world.source_log(*source.config).settings(topic);
        need_replayable(source, topic, settings, config.engine, wrong);
        retention = settings.deletes ? settings.retention_ms : -1;
      }
    }
    layout.retention_ms.push_back(retention);
    if (partitions < static_cast<std::int32_t>(layout.shards))
      wrong += fmt::format("source {} has {} partitions, fewer than the {} shards; ", source.name,
                           partitions, layout.shards);
    if (layout.shards > 1 &&
        partitions !=
            (layout.source_partitions.empty() ? partitions : layout.source_partitions.front()))
      wrong += fmt::format(
          "source {} has {} partitions, source {} has {}: with shards they must "
          "be equal; ",
          source.name, partitions, graph.sources.front().name, layout.source_partitions.front());
    most = std::max(most, partitions);
    layout.source_partitions.push_back(partitions);
  }
  if (!wrong.empty())
    throw LogFailure(LogFailure::Kind::refused, wrong.substr(0, wrong.size() - 2));
  layout.topics = output_topics(graph);
  for (const std::string& topic : layout.topics) {
    if (topic.empty())
      throw LogFailure(LogFailure::Kind::refused,
                       "a sink of type file works in `weir replay` only");
    need_topic(world.log, topic, most, create, {}, wrong);
  }
  const std::string epochs = epochs_topic(graph.pipeline);
  need_topic(world.log, epochs, static_cast<std::int32_t>(layout.shards), create,
             {{"retention.ms", "-1"}, {"cleanup.policy", "delete"}}, wrong);
  need_topic(world.log, snapshots_topic(graph.pipeline), static_cast<std::int32_t>(layout.shards),
             create, snapshots_topic_settings(), wrong);
  // Without it a pipeline works, but takes no commands.
  if (const std::string control = control_topic(graph.pipeline);
      create && !world.log.partitions(control))
    world.log.create_topic(control, 1, {{"retention.ms", "-1"}, {"cleanup.policy", "delete"}});
  if (!wrong.empty())
    throw LogFailure(LogFailure::Kind::refused,
                     wrong.substr(0, wrong.size() - 2) +
                         (config.engine.create_topics ? "" : " (engine.create_topics is off)"));
  if (const auto there = world.log.partitions(epochs);
      there != static_cast<std::int32_t>(layout.shards))
    throw LogFailure(
        LogFailure::Kind::refused,
        fmt::format("topic {} has {} partitions, one a shard; engine.shards is {}. The "
                    "number of shards is pinned: set it back, or start under another "
                    "pipeline name",
                    epochs, there.value_or(0), layout.shards));
  for (const std::string& topic : layout.topics) {
    layout.output_partitions.push_back(world.log.partitions(topic).value_or(1));
    const std::int64_t bytes = world.log.settings(topic).max_record_bytes - kBatchOverhead;
    layout.max_record_bytes = std::min(layout.max_record_bytes,
                                       static_cast<std::size_t>(std::max<std::int64_t>(0, bytes)));
  }
  layout.topics.push_back(epochs);
  return layout;
}

fs::path StateDir::path_of(const Config& config) {
  fs::path base = config.engine.state_dir;
  if (base.empty()) {
    const char* given = std::getenv("STATE_DIRECTORY");
    const char* home = std::getenv("HOME");
    base = given != nullptr && *given != '\0'
               ? fs::path(given)
               : fs::path(home != nullptr ? home : ".") / ".local/state/weir";
  }
  return base / config.pipeline.text;
}

StateDir::StateDir(const Config& config) : path_(path_of(config)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error)
    throw std::runtime_error(fmt::format("state_dir {}: {}", path_.string(), error.message()));
  ::chmod(path_.c_str(), 0700);
  const fs::path file = path_ / "lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (lock_ >= 0) ::close(lock_);
    throw std::runtime_error(fmt::format(
        "state_dir {} is in use by another weir (or cannot be written); give this one its own with "
        "--set engine.state_dir=...",
        path_.string()));
  }
}

StateDir::~StateDir() { ::close(lock_); }

}  // namespace weir
