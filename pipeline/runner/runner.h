#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/core/log/log.h"
#include "pipeline/core/metric_samples.h"
#include "pipeline/epochs/committer.h"
#include "pipeline/epochs/control_lane.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/epochs/epoch_record.h"
#include "pipeline/epochs/output_audit.h"
#include "pipeline/graph/graph.h"
#include "pipeline/graph/pipeline.h"
#include "pipeline/runner/death_watch.h"
#include "pipeline/runner/lanes.h"
#include "pipeline/runner/layout.h"
#include "pipeline/runner/world.h"
#include "pipeline/shard/shard.h"
#include "pipeline/snapshots/snapshot_store.h"

namespace weir {

/// Why a shard stopped by itself.
enum class Stopped : std::uint8_t { no, fenced, lost_input, unreachable, failed };

/// Runs one shard: recovers it, reads runs, closes epochs, has them committed, takes snapshots.
/// Used by one worker thread; `samples` and `stopped` may be called from others.
class Runner {
 public:
  using Clock = std::chrono::steady_clock;

  struct Settings {
    std::uint32_t shard = 0;
    EngineConfig engine;
    std::filesystem::path state_dir;
    std::string resolved;  // the resolved configuration, for epoch 0
    Owner owner;
    bool accept_new_logic = false;        // go on where this program cannot repeat what is recorded
    std::vector<std::string> reset = {};  // operators that are to start cold
    bool find_outputs = false;            // verify: they are looked for in their topics
    bool watch_deaths = true;             // keep a note of what is in hand (DeathWatch)
    bool crashed = true;                  // the process before died of itself, not by a kill
    /// A state of so many bytes is saved at once: some ms. A larger one would hold the shard too
    /// long, and is saved by a process that copies it.
    std::size_t save_at_once = 4 << 20;
  };
  struct Progress {
    std::uint64_t epoch = 0, epochs = 0, rows = 0;
    double seconds = 0;
    std::int64_t replayed = 0, to_replay = 0;  // offsets of the epochs partition
  };

  Runner(const Graph& graph, const Layout& layout, World& world, Settings settings, Signal& signal);
  ~Runner();

  /// Fences older owners, loads the newest snapshot that counts, replays what the log holds after
  /// it. Begins with epoch 0 when the log holds nothing. Throws LogFailure; std::runtime_error when
  /// what is recorded cannot be continued (with the way out). What is recorded is replayed with the
  /// pipeline that it was made with; then this one is recorded as a change.
  void recover(const std::function<void(const Progress&)>& progress);

  /// Replays everything that the log holds from epoch 0 (where the first epochs or their input are
  /// gone: from the oldest snapshot that leads to the end, which a note says) and compares; fences
  /// nobody, writes nothing. Throws std::runtime_error at the first difference, LogFailure.
  /// Returns the epochs compared.
  std::uint64_t verify(const std::function<void(const Progress&)>& progress);
  /// After `verify`: the same of the epochs committed since, without waiting for any.
  std::uint64_t verify_more(const std::function<void(const Progress&)>& progress);
  /// Of the outputs that verify has looked for.
  OutputAudit::Figures outputs_found() const {
    return output_audit_ ? output_audit_->figures() : OutputAudit::Figures{};
  }

  /// Does what can be done without waiting. Returns whether there was anything; else the time until
  /// which nothing will be, unless the signal is notified.
  bool work();
  Clock::time_point next_deadline() const { return deadline_; }

  /// Closes the epoch, has it committed, takes a snapshot. The last call.
  void finish();

  /// The shard may be another owner's from now on: what is open is committed (unless the lease is
  /// `lost` already). It stays in memory.
  void park(bool lost);

  /// Waits for its snapshots: whoever has the shard next may be in this process, and write there.
  void write_out();
  /// Whether a parked shard goes on as if nothing had been: nobody else has written since, and
  /// nothing of its own is lost. Throws LogFailure.
  bool resume();

  Stopped stopped() const { return stopped_; }
  const std::string& reason() const { return reason_; }
  /// Why the last snapshot could not be written to the disk or sent to the topic, or empty.
  std::string snapshot_error() const;
  /// What it has to say to a person since the last call (a snapshot not used, input passed over).
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }
  const std::vector<std::string>& notes() const { return notes_; }
  /// What needs a person, since the last call: input that nothing reads.
  std::vector<std::string> take_errors() { return std::exchange(errors_, {}); }
  /// How it began, since the last call: at which offsets, or from which snapshot of what age.
  std::vector<std::string> take_facts() { return std::exchange(facts_, {}); }

  std::uint64_t epoch() const { return next_epoch_ - 1; }
  std::uint64_t state_hash() { return shard_->state_hash(); }
  std::uint64_t output_hash() const { return shard_->output_hash(); }
  const Shard& shard() const { return *shard_; }
  /// The figures of now; called by the worker between steps.
  void report(MetricSamples& samples);

 private:
  struct Sent {  // what becomes of an epoch's records when it is committed
    std::vector<std::pair<std::int64_t, std::uint64_t>> timestamps;  // of samples, with weights
  };

  struct Pending {
    Snapshot snapshot;
    std::unique_ptr<StateCopy> copy;  // none: the snapshot has its sections
  };
  struct Past {  // a pipeline that was in force once
    std::unique_ptr<Pipeline> pipeline;
    Layout layout;
  };
  using Tell = std::function<void(const Progress&)>;
  using Positions = std::vector<std::int64_t>;  // per lane
  struct Taken {                                // a snapshot
    std::uint64_t epoch;
    Clock::time_point at;
    /// Per lane: the next offset, and the timestamp of the record before it.
    std::vector<std::pair<std::int64_t, std::int64_t>> positions;
  };

  /// How long the rows wait for an answer about a partition.
  static constexpr std::chrono::milliseconds kSoon{1000};

  Clock::time_point now() const {
    return world_.simulated.now ? world_.simulated.now() : Clock::now();
  }
  void wait(std::chrono::milliseconds time);

  void make_shard();
  Log& log_of(const SourceNode& source) const;
  bool may_ask(std::size_t lane) const;
  std::optional<OffsetRange> ask(std::size_t lane);
  void make_committer();
  std::size_t record_limit() const;

  // recovery.cc
  std::vector<SnapshotStore::Candidate> snapshots_up_to(std::optional<std::uint64_t> last);
  std::unique_ptr<EpochReader> start_of_replay(std::uint64_t last, Positions& positions);
  void not_used(const SnapshotStore::Candidate& candidate, const std::exception& error);
  std::unique_ptr<EpochReader> load_snapshot(const Snapshot& snapshot, Positions& positions);
  std::unique_ptr<EpochReader> from_epoch_0(Positions& positions);
  bool could_replay(EpochReader& epochs, const Positions& positions, std::uint64_t last,
                    const Tell& tell, std::string& why);
  void passed(const EpochRecord& record);
  void replay_all(EpochReader& epochs, std::uint64_t last, const Tell& tell);
  void begin(std::int64_t first_position);
  void commit_alone(EpochRecord record);
  Positions start_offsets();
  void open_lanes(const Positions& positions);

  // commands.cc
  std::optional<std::int64_t> first_command() const;
  void open_control(std::int64_t position);
  void go_to(Positions& positions, const std::string& source, std::int32_t partition,
             std::int64_t offset);
  void refill(Clock::time_point time);
  bool run_commands();
  std::string command(const Record& record);

  // dangers.cc
  void watch_deaths();
  bool is_past(const std::vector<DeathWatch::Taken>& all, const Positions& here) const;
  bool one_by_one() const;
  void note_in_hand(std::size_t lane);
  std::shared_lock<std::shared_mutex> beside_others() const;
  void process_alone(std::size_t lane, const Record& record);
  void survived();
  void nobody_dies();
  bool is_poison(const std::string& source, std::int32_t partition, std::int64_t offset) const;
  bool pass_over_lost();
  bool read_past_end();
  std::string with_way_out(const LogFailure& lost);
  void go_on_without(std::uint64_t last, const Tell& tell);
  void watch_headroom(Clock::time_point time);
  void watch_partitions();
  void trim_epochs();

  // versions.cc
  void use(const std::string& resolved, const std::map<std::string, std::int32_t>& partitions);
  void check_partitions(const std::map<std::string, std::int32_t>& partitions) const;
  void check_logic(const EpochRecord& record);
  bool changed() const;
  std::map<std::string, std::int32_t> partition_counts() const;
  Positions carry_positions(const Graph& from, const std::vector<Lane>& lanes,
                            const Positions& positions) const;
  void replay_change(const EpochRecord& record);
  void change();

  void replay(const EpochRecord& record, std::int64_t committed_ms);
  void find_outputs(const EpochRecord& record, std::int64_t committed_ms);
  void replay_run(const Run& run, std::uint64_t& in, const EpochRecord& record, std::size_t& mark);
  bool ends(const Run& run, std::optional<std::size_t> lane);
  void replay_marks(const EpochRecord& record, std::size_t& mark);
  std::size_t lane_of(const std::string& source, std::int32_t partition) const;

  void stop_for(const LogFailure& failure);
  void run(std::size_t lane);
  void process(std::size_t lane, const Record& record);
  void note_run(const std::string& source, std::int32_t partition, std::span<const Record> records);
  void mark(Mark one);
  bool at_end(std::size_t lane, Clock::time_point time);
  bool mark_idle(Clock::time_point now);
  bool tick(Clock::time_point now);
  bool due() const;
  void close_epoch(bool with_state);
  void commit_open();
  void collect();

  // snapshots.cc
  void find_log_position();
  void make_snapshots();
  void take_snapshot();
  void save_state(Pending& to);
  void note_written();
  void publish_snapshot(bool last);
  bool all_kept();

  void stop(Stopped why, std::string reason);

  const Graph& live_graph_;
  const Layout& live_layout_;
  std::unique_ptr<Past> past_;  // while an older pipeline is replayed
  const Graph* graph_;          // the one in force
  const Layout* layout_;
  World& world_;
  Settings settings_;
  Signal& signal_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<Shard> shard_;
  std::unique_ptr<Lanes> lanes_;
  std::unique_ptr<ControlLane> control_;  // none: there were no commands when it began
  std::unique_ptr<SnapshotStore> snapshots_;
  std::unique_ptr<EpochReader> audit_;  // of verify
  std::unique_ptr<OutputAudit> output_audit_;

  Outbox outboxes_[2];
  Sent sent_[2];
  std::size_t open_ = 0;  // which outbox is being filled
  EpochRecord record_;    // of the open epoch
  std::uint64_t epoch_rows_ = 0;
  std::optional<Clock::time_point> epoch_began_;
  std::uint64_t next_epoch_ = 0;
  std::uint64_t chain_ = 0;
  std::uint64_t logic_ = 0;  // of the epoch replayed last, or of the snapshot
  std::int64_t log_position_ = 0;   // at or before the next epoch's record
  std::int64_t last_position_ = 0;  // at or before the record of the epoch closed last
  bool announced_ = false;          // the owner is in the log
  bool in_flight_ = false;
  bool finishing_ = false;

  std::optional<Pending> pending_;  // waits for its epoch's commit
  Clock::time_point last_snapshot_;  // taken
  std::deque<Taken> taken_;          // may still be written; oldest first
  Clock::time_point written_at_;     // when the newest that was written was taken
  bool snapshot_due_ = false;  // with the next epoch, however short the time
  std::uint64_t snapshot_epoch_ = 0;
  bool published_ = false;  // a snapshot, in this life

  struct Headroom {
    std::optional<std::int64_t> records;  // none: not known; below zero: some is gone
    double seconds = std::numeric_limits<double>::infinity();
  };
  std::optional<DeathWatch> deaths_;
  DeathWatch::Mark in_hand_;
  Positions closed_;  // per lane, of the epoch closed last
  std::uint64_t lost_records_ = 0;
  std::uint64_t commands_done_ = 0, commands_ignored_ = 0;
  bool resuming_ = false;
  std::int64_t trimmed_ = 0;  // the epochs partition begins there
  /// As Taken::positions, of the last snapshot that was written.
  std::vector<std::pair<std::int64_t, std::int64_t>> snapshot_positions_;
  std::vector<std::int64_t> last_times_;  // per lane: timestamp of the last record taken
  std::vector<Headroom> headroom_;
  Clock::time_point headroom_at_;
  std::vector<std::int32_t> unread_;  // per source: partitions that came later; of shard 0

  std::vector<Clock::time_point> confirmed_;  // per lane: when its end was last asked for
  std::vector<Clock::time_point> ask_again_;  // per lane: not asked before
  Clock::time_point ask_any_again_;           // none is
  Clock::time_point deadline_;
  Clock::time_point watermark_since_;
  std::int64_t last_watermark_ = kNoTime;

  Histogram latency_ = Histogram::seconds();
  Histogram epoch_seconds_ = Histogram::seconds();
  Histogram snapshot_seconds_ = Histogram::seconds();
  std::size_t record_bytes_ = 0;           // as recorded
  std::optional<std::uint64_t> accepted_;  // other logic that was replayed all the same
  std::vector<std::string> notes_, facts_, errors_;
  std::string unusable_;  // why snapshots could not be used
  Stopped stopped_ = Stopped::no;
  std::string reason_;
};

}  // namespace weir
