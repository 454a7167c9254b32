#pragma once

#include <memory>

#include "pipeline/graph/graph.h"
#include "pipeline/runner/layout.h"
#include "pipeline/runner/process_turns.h"
#include "pipeline/runner/runner_settings.h"
#include "pipeline/runner/world.h"
#include "pipeline/service/live_shard.h"

namespace weir {

/// Recovers shards from the log and gives their runners.
class RunnerSource final : public ShardSource {
 public:
  /// `settings`: of every shard, whatever its number there. The source and everything else given
  /// outlive the shards.
  RunnerSource(const Graph& graph, const Layout& layout, World& world, RunnerSettings settings);

  std::unique_ptr<LiveShard> recover(std::uint32_t shard, Signal& signal,
                                     const WatchRecovery& watch) override;

 private:
  const Graph& graph_;
  const Layout& layout_;
  World& world_;
  RunnerSettings settings_;
  ProcessTurns turns_;
};

}  // namespace weir
