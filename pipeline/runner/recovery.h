#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/runner/epoch_player.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/replay_start.h"
#include "pipeline/runner/runner.h"
#include "pipeline/runner/runner_settings.h"
#include "pipeline/runner/world.h"

namespace weir {

/// Brings a shard from nothing to the end of its log: fences older owners, loads the newest
/// snapshot that counts, replays what the log holds after it with the pipeline that it was made
/// with, and records a changed pipeline. Begins with epoch 0 when the log holds nothing.
class Recovery {
 public:
  /// Everything but `settings` must outlive the runner.
  Recovery(const Graph& graph, const Layout& layout, World& world, RunnerSettings settings,
           Signal& signal, ProcessTurns& turns);

  /// The shard, ready to run; null: `watch` gave it up. Once. Throws LogFailure;
  /// std::runtime_error when what is recorded cannot be continued, with the way out.
  std::unique_ptr<Runner> run(const WatchReplay& watch);

  /// What there is to report since the last call, while `run` is at it; the rest is the runner's.
  std::vector<Notice> take_notices() { return so_far_.notices.take(); }

 private:
  void begin(std::int64_t first_position);
  bool replay(std::uint64_t last, const WatchReplay& watch);
  bool continue_without(ReplayStart& start, EpochPlayer& player, std::uint64_t last,
                        const WatchReplay& watch);
  bool change();
  void take_snapshot();

  World& world_;
  RunnerSettings settings_;
  Signal& signal_;
  ProcessTurns& turns_;
  const Layout& layout_;
  Recovered so_far_;
};

}  // namespace weir
