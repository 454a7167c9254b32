#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/config/engine_config.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/epochs/output_audit.h"
#include "pipeline/runner/epoch_player.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/replay_start.h"
#include "pipeline/runner/shard_machine.h"
#include "pipeline/runner/world.h"
#include "pipeline/snapshots/snapshot_store.h"

namespace weir {

/// Audits one shard beside whoever runs it: replays what the log holds and compares. Fences nobody
/// and writes nothing.
class Verifier {
 public:
  struct Settings {
    std::uint32_t shard = 0;
    EngineConfig engine;
    std::string resolved;                  // the resolved configuration
    std::filesystem::path state_dir = {};  // for snapshots that the topic has; empty: none
    bool find_outputs = false;             // they are looked for in their topics
  };

  Verifier(const Graph& graph, const Layout& layout, World& world, Settings settings,
           Signal& signal);

  /// Replays everything from epoch 0; where the first epochs or their input are gone, from the
  /// oldest snapshot that leads to the end, which is noticed. Throws std::runtime_error at the
  /// first difference, LogFailure. Returns the epochs compared.
  std::uint64_t verify(const TellReplay& tell);
  /// After `verify`: the same of the epochs committed since, without waiting for any.
  std::uint64_t verify_more(const TellReplay& tell);

  OutputAudit::Figures outputs_found() const { return player_.outputs(); }
  const Shard& shard() const { return machine_.shard(); }
  std::uint64_t state_hash() { return machine_.shard().state_hash(); }
  std::uint64_t output_hash() const { return machine_.shard().output_hash(); }
  const Notices& notices() const { return notices_; }
  std::vector<Notice> take_notices() { return notices_.take(); }

 private:
  bool could_replay(ReplayStart::From from, std::uint64_t last, const TellReplay& tell);
  std::uint64_t from_oldest_snapshot(std::uint64_t last, const TellReplay& tell);

  World& world_;
  Settings settings_;
  Notices notices_;
  ShardMachine machine_;
  EpochPlayer player_;
  SnapshotStore snapshots_;
  ReplayStart start_;
  std::unique_ptr<EpochReader> epochs_;  // of `verify`
  std::string why_;                      // the first epochs cannot be replayed
};

}  // namespace weir
