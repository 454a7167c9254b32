#include "pipeline/runner/verifier.h"

#include <fmt/format.h>

#include <optional>
#include <ranges>
#include <stdexcept>
#include <utility>

#include "pipeline/core/check.h"

namespace weir {
namespace {

ShardMachine::Settings machine_settings(const Verifier::Settings& settings) {
  return {.pipeline = {.shard = settings.shard,
                       .resolved = settings.resolved,
                       .find_outputs = settings.find_outputs},
          .batch_rows = settings.engine.batch_rows,
          .run_rows = settings.engine.run_rows};
}

SnapshotStore::Settings store_settings(const Verifier::Settings& settings,
                                       const std::string& pipeline, World& world) {
  SnapshotStore::Settings store;
  if (!settings.state_dir.empty())
    store.folder = settings.state_dir / fmt::format("shard-{}", settings.shard);
  store.pipeline = pipeline;
  store.shard = settings.shard;
  store.log = &world.log;
  store.threads = false;  // nothing is published
  store.wait = world.simulated.wait;
  store.now = world.simulated.now;
  return store;
}

/// An audit goes to the end, whoever sees it.
WatchReplay to_the_end(const TellReplay& tell) {
  return [&tell](const ReplayProgress& at) {
    tell(at);
    return WhatNext::proceed;
  };
}

}  // namespace

Verifier::Verifier(const Graph& graph, const Layout& layout, World& world, Settings settings,
                   Signal& signal)
    : world_(world),
      settings_(std::move(settings)),
      machine_(graph, layout, world, machine_settings(settings_), signal),
      player_(machine_, world, signal),
      snapshots_(store_settings(settings_, graph.pipeline, world)),
      start_(machine_, snapshots_, world, notices_) {}

std::uint64_t Verifier::verify(const TellReplay& tell) {
  const std::string& pipeline = machine_.pipeline().name();
  const std::optional<EpochRecord> last =
      last_epoch(world_.log, pipeline, settings_.shard, world_.simulated.wait);
  if (!last) throw std::runtime_error("there is no epoch yet");
  const auto first =
      read_epochs(world_.log, pipeline, settings_.shard, 0, 1, world_.simulated.wait);
  why_ = "they were trimmed";
  if (!first.empty() && first.front().epoch == 0 &&
      could_replay(start_.at_epoch_0(), last->epoch, tell))
    return machine_.chain().next();
  return from_oldest_snapshot(last->epoch, tell);
}

/// The first epochs may be gone, up to a snapshot that is in the topic; or their input is.
std::uint64_t Verifier::from_oldest_snapshot(std::uint64_t last, const TellReplay& tell) {
  const std::vector<SnapshotStore::Candidate> all = snapshots_.list();
  for (const SnapshotStore::Candidate& candidate : std::views::reverse(all)) {
    std::optional<ReplayStart::From> from = start_.at(candidate);
    if (!from || !could_replay(std::move(*from), last, tell)) continue;
    notices_.warn(fmt::format(
        "compared from the snapshot of epoch {} on; the epochs before it cannot be replayed: {}",
        candidate.epoch, why_));
    return machine_.chain().last() - candidate.epoch;
  }
  throw LogFailure(LogFailure::Kind::lost,
                   fmt::format("the first epochs cannot be replayed: {}, and no snapshot {}{}",
                               why_, all.empty() ? "is there" : "leads to the end",
                               start_.unusable().empty() ? "" : ": " + start_.unusable()));
}

/// Replays everything from there. False: some of the input is gone.
bool Verifier::could_replay(ReplayStart::From from, std::uint64_t last, const TellReplay& tell) {
  epochs_ = std::move(from.epochs);
  if (settings_.find_outputs) player_.find_outputs();
  try {
    machine_.open(from.input);
    player_.play_all(*epochs_, last, to_the_end(tell));
    return true;
  } catch (const LogFailure& failure) {
    if (failure.kind != LogFailure::Kind::lost) throw;
    why_ = failure.what();
    return false;
  }
}

std::uint64_t Verifier::verify_more(const TellReplay& tell) {
  check(epochs_ != nullptr, "verify comes first");
  const std::uint64_t begun = machine_.chain().next();
  epochs_->follow();
  player_.play_all(*epochs_, machine_.chain().last(), to_the_end(tell));
  return machine_.chain().next() - begun;
}

}  // namespace weir
