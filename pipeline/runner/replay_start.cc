#include "pipeline/runner/replay_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/core/check.h"
#include "pipeline/core/topic_names.h"

namespace weir {

ReplayStart::ReplayStart(ShardMachine& machine, SnapshotStore& snapshots, World& world,
                         Notices& notices)
    : machine_(machine), snapshots_(snapshots), world_(world), notices_(notices) {}

std::unique_ptr<EpochReader> ReplayStart::epochs_from(std::int64_t position) const {
  return std::make_unique<EpochReader>(world_.log, machine_.pipeline().name(),
                                       machine_.pipeline().shard(), position,
                                       world_.simulated.wait);
}

std::vector<SnapshotStore::Candidate> ReplayStart::snapshots_up_to(
    std::optional<std::uint64_t> last) {
  snapshots_.fence();
  std::vector<SnapshotStore::Candidate> there = snapshots_.list();
  if (!there.empty() && (!last || there.front().epoch > *last))
    throw LogFailure(
        LogFailure::Kind::lost,
        fmt::format(
            "{} [{}] {}, but there is a snapshot of epoch {} ({}): the log has lost committed "
            "epochs or was recreated. To continue from what it holds, delete the newer snapshots",
            epochs_topic(machine_.pipeline().name()), machine_.pipeline().shard(),
            last ? fmt::format("ends with epoch {}", *last) : "holds no epoch", there.front().epoch,
            there.front().where));
  return there;
}

ReplayStart::From ReplayStart::newest(std::uint64_t last) {
  for (const SnapshotStore::Candidate& candidate : snapshots_up_to(last)) {
    std::optional<From> from = at(candidate);
    if (!from) continue;
    const std::int64_t age_ms = world_.now_ms() - from->epochs->timestamp();
    notices_.info(fmt::format("uses the snapshot of epoch {}, {} s old ({})", candidate.epoch,
                              std::max<std::int64_t>(0, age_ms) / 1000, candidate.where));
    return std::move(*from);
  }
  notices_.info("uses no snapshot: replays from epoch 0");
  return at_epoch_0();
}

std::optional<ReplayStart::From> ReplayStart::at(const SnapshotStore::Candidate& candidate) {
  try {
    return load(snapshots_.load(candidate));
  } catch (const LogFailure&) {
    throw;
  } catch (const std::exception& error) {
    note_unusable(candidate, error);
    return std::nullopt;
  }
}

void ReplayStart::note_unusable(const SnapshotStore::Candidate& candidate,
                                const std::exception& error) {
  notices_.warn(fmt::format("snapshot not used: {}: {}", candidate.where, error.what()));
  if (unusable_.find(error.what()) != std::string::npos) return;
  unusable_ += (unusable_.empty() ? "" : "; ") + std::string(error.what());
}

/// A snapshot counts only if the log has its epoch.
ReplayStart::From ReplayStart::load(const Snapshot& snapshot) {
  const PipelineInForce& pipeline = machine_.pipeline();
  if (snapshot.pipeline != pipeline.name() || snapshot.shard != pipeline.shard())
    throw std::runtime_error("it is of a different pipeline");
  From from{epochs_from(snapshot.log_position), {}, snapshot.epoch};
  std::optional<EpochRecord> at = from.epochs->next();
  while (at && at->epoch < snapshot.epoch) at = from.epochs->next();
  if (!at || at->epoch != snapshot.epoch || at->chain != snapshot.chain)
    throw std::runtime_error("its epoch is not in the log");
  from.input = machine_.restore(snapshot);
  return from;
}

ReplayStart::From ReplayStart::at_epoch_0() {
  From from{epochs_from(0), {}, std::nullopt};
  const PipelineInForce& pipeline = machine_.pipeline();
  const std::optional<EpochRecord> first = from.epochs->next();
  check(first.has_value(), "there is an epoch");
  if (first->epoch != 0 || !first->begin)
    throw std::runtime_error(
        fmt::format("cannot recover: {} starts at epoch {} (earlier epochs were trimmed) and no "
                    "snapshot from that epoch on is usable: {}",
                    epochs_topic(pipeline.name()), first->epoch,
                    unusable_.empty() ? "there is none" : unusable_));
  const std::uint32_t shards = pipeline.live_layout().shards;
  if (first->begin->shards != shards)
    throw std::runtime_error(fmt::format(
        "this pipeline was started with {} shards, and the number cannot change. Set "
        "engine.shards: {}, or start under another pipeline name",
        first->begin->shards, first->begin->shards));
  from.input = machine_.restart(*first);
  return from;
}

}  // namespace weir
