#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "pipeline/core/log/log.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/epochs/epoch_record.h"
#include "pipeline/epochs/output_audit.h"
#include "pipeline/runner/shard_machine.h"
#include "pipeline/runner/world.h"

namespace weir {

/// How far a replay has come.
struct ReplayProgress {
  std::uint64_t epoch = 0, epochs = 0, rows = 0;  // of how many epochs; rows of those replayed
  double seconds = 0;
  std::int64_t replayed = 0, to_replay = 0;  // offsets of the epochs partition
};
using TellReplay = std::function<void(const ReplayProgress&)>;

/// What becomes of a replay after a step.
enum class WhatNext : std::uint8_t { proceed, give_up };
/// Sees a replay before its first epoch and after each.
using WatchReplay = std::function<WhatNext(const ReplayProgress&)>;

/// Repeats recorded epochs on a shard and finds each equal to its record, or throws. Borrows the
/// machine; its shard's outputs stay here.
class EpochPlayer {
 public:
  EpochPlayer(ShardMachine& machine, World& world, Signal& signal);

  /// From now on outputs are looked for in their topics, too: a transaction may have been torn.
  void find_outputs();
  /// Of the outputs that were looked for.
  OutputAudit::Figures outputs() const;

  /// Repeats everything from there. `last`: the newest epoch that is known. False: `watch` gave up.
  /// Throws std::runtime_error at the first difference; LogFailure (`lost`: input is gone).
  bool play_all(EpochReader& epochs, std::uint64_t last, const WatchReplay& watch);
  /// Repeats one epoch, with the change of the pipeline or the lost input before it.
  /// `committed_ms`: timestamp of its record.
  void play(const EpochRecord& record, std::int64_t committed_ms);
  /// Repeats an epoch that continued from the state of an older one, which is the machine's; input
  /// is open where it began.
  void play_resumed(const EpochRecord& record, std::int64_t committed_ms);

 private:
  void repeat(const EpochRecord& record, std::int64_t committed_ms);
  // `lane`: of the run; none: it is of commands.
  void repeat_run(const Run& run, const EpochRecord& record);
  std::span<const Record> fetch(const Run& run, std::optional<std::size_t> lane,
                                std::uint64_t left, const EpochRecord& record);
  void repeat_record(const Run& run, std::optional<std::size_t> lane, const Record& one,
                     const EpochRecord& record);
  void repeat_marks(const EpochRecord& record);
  void compare(const EpochRecord& record, std::int64_t committed_ms);

  ShardMachine& machine_;
  World& world_;
  Signal& signal_;
  std::unique_ptr<OutputAudit> outputs_;  // none: outputs are not looked for
  Outbox outbox_;
  // Of the epoch that is being repeated:
  std::size_t mark_ = 0;  // the next one
  std::uint64_t in_ = 0;  // hash of its input so far
};

}  // namespace weir
