#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/epochs/cursor.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/shard_machine.h"
#include "pipeline/runner/world.h"
#include "pipeline/snapshots/snapshot_store.h"

namespace weir {

/// Finds where a replay begins and puts the machine there: at a snapshot that is whole and in the
/// log, or after epoch 0.
class ReplayStart {
 public:
  struct From {
    std::unique_ptr<EpochReader> epochs;  // those that are left to replay
    Cursor input;                         // where it continues
    std::optional<std::uint64_t> snapshot;  // its epoch; none: from epoch 0 on
  };

  ReplayStart(ShardMachine& machine, SnapshotStore& snapshots, World& world, Notices& notices);

  /// The snapshots there are, newest first. They are of committed epochs alone: throws LogFailure
  /// (`lost`) if one is beyond `last`, the log's newest epoch, since then the log has lost epochs.
  std::vector<SnapshotStore::Candidate> snapshots_up_to(std::optional<std::uint64_t> last);
  /// From the newest snapshot that can be used, or else from epoch 0. Throws LogFailure,
  /// std::runtime_error.
  From newest(std::uint64_t last);
  /// From a snapshot; nothing if it cannot be used, which is noticed. Throws LogFailure.
  std::optional<From> at(const SnapshotStore::Candidate& candidate);
  /// Throws std::runtime_error: the log begins later, or this pipeline cannot continue it.
  From at_epoch_0();

  /// Why snapshots could not be used: the newest one's reason may be that it is torn, the oldest
  /// one's that its epoch was trimmed. Empty: none was tried in vain.
  const std::string& unusable() const { return unusable_; }

 private:
  From load(const Snapshot& snapshot);
  std::unique_ptr<EpochReader> epochs_from(std::int64_t position) const;
  void note_unusable(const SnapshotStore::Candidate& candidate, const std::exception& error);

  ShardMachine& machine_;
  SnapshotStore& snapshots_;
  World& world_;
  Notices& notices_;
  std::string unusable_;
};

}  // namespace weir
