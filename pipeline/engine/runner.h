#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/log.h"
#include "pipeline/engine/committer.h"
#include "pipeline/engine/config.h"
#include "pipeline/engine/epoch.h"
#include "pipeline/engine/graph.h"
#include "pipeline/engine/lanes.h"
#include "pipeline/engine/metric_samples.h"
#include "pipeline/engine/shard.h"
#include "pipeline/engine/snapshot_folder.h"

namespace weir {

/// How a pipeline reaches the world.
struct World {
  /// The log of outputs and epochs.
  Log& log;
  /// The log of a source (its own `kafka:` may name another cluster).
  std::function<Log&(const SourceConfig&)> source_log;
  /// Wall time in ms since 1970: for metrics, idleness and ticks, which are recorded.
  std::function<std::int64_t()> now_ms;
};

/// What a shard starts with, the same for all shards: resolved once, pinned by epoch 0.
struct Layout {
  std::vector<std::int32_t> source_partitions;  // per source
  std::vector<std::int32_t> output_partitions;  // per sink, then the dead letters
  std::vector<std::string> topics;              // per sink, dead letters, epochs
  std::uint32_t shards = 1;
};

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
  };
  struct Progress {
    std::uint64_t epoch = 0, epochs = 0, rows = 0;
    double seconds = 0;
  };

  Runner(const Graph& graph, const Layout& layout, World& world, Settings settings, Signal& signal);
  ~Runner();

  /// Fences older owners, loads the newest snapshot that counts, replays what the log holds after
  /// it. Begins with epoch 0 when the log holds nothing. Throws LogFailure; std::runtime_error when
  /// what is recorded cannot be continued (with the way out).
  void recover(const std::function<void(const Progress&)>& progress);

  /// Replays everything that the log holds from epoch 0 and compares; fences nobody, writes
  /// nothing. Throws std::runtime_error at the first difference. Returns the epochs compared.
  std::uint64_t verify(const std::function<void(const Progress&)>& progress);

  /// Does what can be done without waiting. Returns whether there was anything; else the time until
  /// which nothing will be, unless the signal is notified.
  bool work();
  Clock::time_point next_deadline() const { return deadline_; }

  /// Closes the epoch, has it committed, takes a snapshot. The last call.
  void finish();

  Stopped stopped() const { return stopped_; }
  const std::string& reason() const { return reason_; }
  /// Why a snapshot could not be written since the last call, or empty.
  std::string new_snapshot_error();
  /// What recovery has to say to a person (a snapshot that was not used, and why).
  const std::vector<std::string>& notes() const { return notes_; }

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

  void make_shard();
  void check_beginning(const EpochRecord& first);
  void check_logic(const EpochRecord& last);
  void replay_all(const std::vector<EpochRecord>& epochs,
                  const std::function<void(const Progress&)>& progress);
  void begin(std::int64_t first_position);
  std::vector<std::int64_t> start_offsets();
  void open_lanes(const std::vector<std::int64_t>& positions);
  std::vector<EpochRecord> load_snapshot(std::vector<std::int64_t>& positions);
  void replay(const EpochRecord& record);
  void replay_run(const Run& run, std::size_t lane, std::uint64_t& in, const EpochRecord& record,
                  std::size_t& mark);
  void replay_marks(const EpochRecord& record, std::size_t& mark);
  std::size_t lane_of(const std::string& source, std::int32_t partition) const;

  void run(std::size_t lane);
  void mark(Mark one);
  bool at_end(std::size_t lane, Clock::time_point now);
  bool mark_idle(Clock::time_point now);
  bool tick(Clock::time_point now);
  bool due() const;
  void close_epoch(bool with_state);
  void collect();
  void find_log_position();
  void take_snapshot();
  void stop(Stopped why, std::string reason);

  const Graph& graph_;
  const Layout& layout_;
  World& world_;
  Settings settings_;
  Signal& signal_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<Shard> shard_;
  std::unique_ptr<Lanes> lanes_;
  std::unique_ptr<SnapshotThread> snapshots_;

  Outbox outboxes_[2];
  Sent sent_[2];
  std::size_t open_ = 0;  // which outbox is being filled
  EpochRecord record_;    // of the open epoch
  std::uint64_t epoch_rows_ = 0;
  std::optional<Clock::time_point> epoch_began_;
  std::uint64_t next_epoch_ = 0;
  std::uint64_t chain_ = 0;
  std::int64_t log_position_ = 0;   // at or before the next epoch's record
  std::int64_t last_position_ = 0;  // at or before the record of the epoch closed last
  bool announced_ = false;          // the owner is in the log
  bool in_flight_ = false;

  std::optional<Snapshot> pending_;  // serialised, waits for its epoch's commit
  Clock::time_point last_snapshot_;
  std::uint64_t snapshot_epoch_ = 0;
  std::vector<std::size_t> state_bytes_;

  std::vector<Clock::time_point> confirmed_;  // per lane: when its end was last asked for
  Clock::time_point deadline_;
  Clock::time_point watermark_since_;
  std::int64_t last_watermark_ = kNoTime;

  Histogram latency_ = Histogram::seconds();
  Histogram epoch_seconds_ = Histogram::seconds();
  Histogram snapshot_seconds_ = Histogram::seconds();
  std::uint64_t snapshot_failures_ = 0;  // told of
  std::vector<std::string> notes_;
  Stopped stopped_ = Stopped::no;
  std::string reason_;
};

}  // namespace weir
