#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/core/metric_samples.h"
#include "pipeline/epochs/committer.h"
#include "pipeline/runner/dead_letter_teller.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/open_epoch.h"
#include "pipeline/runner/poison_guard.h"
#include "pipeline/runner/retention_watch.h"
#include "pipeline/runner/runner_settings.h"
#include "pipeline/runner/shard_machine.h"
#include "pipeline/runner/snapshot_taker.h"
#include "pipeline/runner/stop_reason.h"
#include "pipeline/runner/time_marks.h"
#include "pipeline/runner/time_watch.h"
#include "pipeline/runner/world.h"

namespace weir {

/// What recovery hands to the live loop.
struct Recovered {
  std::unique_ptr<ShardMachine> machine = {};  // at the log's end
  std::unique_ptr<Committer> committer = {};  // nothing is in flight
  std::unique_ptr<SnapshotTaker> snapshots = {};
  Notices notices = {};
  std::uint64_t lost_records = 0;  // that could not be replayed
};

/// Runs one shard that has recovered: reads, closes epochs, has them committed, takes snapshots.
/// Used by one thread.
class Runner {
 public:
  using Clock = std::chrono::steady_clock;

  /// `turns`: those of the process; they and the world outlive it. See Recovery.
  Runner(World& world, RunnerSettings settings, ProcessTurns& turns, Recovered recovered);

  /// Does what can be done without waiting. Returns whether there was anything; else nothing will
  /// be until `next_deadline`, unless the signal is notified.
  bool work();
  Clock::time_point next_deadline() const { return deadline_; }

  /// Closes the epoch, has it committed, takes a snapshot. The last call but for figures.
  void finish();
  /// Releases ownership but keeps the shard in memory. Commits the open epoch unless the lease is
  /// already `lost`.
  void park(bool lost);
  /// Waits for its snapshots: the next owner may be in this process, and write to the same place.
  void write_out() { snapshots_->finish(); }
  /// Whether a parked shard continues as if nothing had been: nobody else has written since, and
  /// nothing of its own is lost. Throws LogFailure.
  bool resume();

  StopReason stopped() const { return stopped_; }
  const std::string& reason() const { return reason_; }
  /// Why the last snapshot could not be written to the disk or sent to the topic, or empty.
  std::string snapshot_error() const { return snapshots_->error(); }
  const Notices& notices() const { return notices_; }
  /// What it has to report since the last call.
  std::vector<Notice> take_notices() { return notices_.take(); }

  /// The epoch closed last.
  std::uint64_t epoch() const { return machine_->chain().last(); }
  std::uint64_t state_hash() { return machine_->shard().state_hash(); }
  std::uint64_t output_hash() const { return machine_->shard().output_hash(); }
  const Shard& shard() const { return machine_->shard(); }
  /// The figures of now; called between calls of `work`.
  void report(MetricSamples& samples);

 private:
  bool pass_over(LogFailure failure);
  bool pass_over_lost();
  bool run_commands();
  void run(std::size_t lane);
  void process(std::size_t lane, const Record& record);
  void close_epoch(bool with_state);
  void commit_open();
  void collect();
  void stop(StopReason why, std::string reason);

  World& world_;
  RunnerSettings settings_;
  Notices notices_;
  DeadLetterTeller dead_letters_;
  std::unique_ptr<ShardMachine> machine_;
  std::unique_ptr<SnapshotTaker> snapshots_;
  OpenEpoch epoch_;
  std::unique_ptr<Committer> committer_;  // a commit in flight reads an outbox of `epoch_`
  PoisonGuard guard_;
  RetentionWatch retention_;
  TimeMarks marks_;
  TimeWatch times_;
  Cursor closed_;  // of the epoch closed last, while the guard suspects records
  std::uint64_t lost_records_;
  Clock::time_point deadline_;
  StopReason stopped_ = StopReason::none;
  std::string reason_;
};

}  // namespace weir
