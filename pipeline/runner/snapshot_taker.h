#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/metric_samples.h"
#include "pipeline/core/metrics.h"
#include "pipeline/epochs/cursor.h"
#include "pipeline/runner/world.h"
#include "pipeline/snapshots/snapshot_store.h"

namespace weir {

class Shard;
class ShardMachine;

/// Decides when a shard's snapshot is taken, keeps the one that waits for its epoch's commit, and
/// knows which one a replay would begin with.
class SnapshotTaker {
 public:
  using Clock = std::chrono::steady_clock;

  struct Settings {
    std::filesystem::path folder;  // the shard's; empty: nothing is kept on disk
    std::string pipeline;
    std::uint32_t shard = 0;
    std::chrono::milliseconds every{60'000};
    std::chrono::milliseconds topic_every{300'000};
    /// A state of so many bytes is saved at once: some ms. A larger one would hold the shard too
    /// long, and is saved by a process that copies it.
    std::size_t save_at_once = 4 << 20;
  };
  /// Where a replay would begin.
  struct Base {
    Cursor cursor;
    /// Per entry of the cursor: timestamp of the record before it, ms, or kNoTime.
    std::vector<std::int64_t> times;
  };

  SnapshotTaker(Settings settings, World& world);

  SnapshotStore& store() { return store_; }
  const SnapshotStore& store() const { return store_; }

  /// The shard begins at `at`, with the snapshot of `epoch` if there was one.
  void begin(const Cursor& at, std::optional<std::uint64_t> epoch);

  /// Takes one with the next epoch, however short the time since the last.
  void force() { forced_ = true; }
  bool forced() const { return forced_; }
  /// Whether the epoch that closes now gets one.
  bool due(Clock::time_point now) const { return forced_ || now - taken_at_ >= settings_.every; }
  /// Saves the state, which is that after the epoch closed last. It waits for `publish`.
  void take(ShardMachine& machine);
  /// The same of an epoch that is not committed yet: asks first how far the log is, so that nothing
  /// older is read again.
  void take_uncommitted(ShardMachine& machine);
  /// Its epoch is committed: writes what waits, if anything does.
  void publish();

  /// The newest that was written somewhere, or what the shard began with. One that was only taken,
  /// or could not be written, does not count.
  const Base& replay_base();
  /// Whether both places have the state as it is: as it was begun with, or as written since.
  bool all_kept(const ShardMachine& machine);

  /// Those to come are the last: a state is saved at once, however large, and sent to the topic,
  /// however short the time.
  void finishing() { finishing_ = true; }
  /// Waits until everything that was published is written.
  void finish() { store_.finish(); }

  /// Why the last one could not be written to the disk or sent to the topic; empty: it was.
  std::string error() const;
  void report(MetricSamples& samples);
  /// Bytes of the last one's sections, by name.
  std::map<std::string, std::size_t> section_bytes() const { return store_.report().sections; }

 private:
  struct Waiting {
    Snapshot snapshot;
    std::unique_ptr<StateCopy> copy;  // none: the snapshot has its sections
  };
  struct Taken {
    std::uint64_t epoch;
    Clock::time_point at;
    Base base;
  };

  Waiting save(Snapshot head, Shard& shard);
  void note_written();

  Settings settings_;
  World& world_;
  SnapshotStore store_;
  std::optional<Waiting> waiting_;
  bool forced_ = false;
  bool finishing_ = false;
  bool published_ = false;           // one was, in this life
  std::uint64_t epoch_ = 0;          // of the one taken last, or begun with
  std::deque<Taken> taken_;          // may still be written; oldest first
  Base base_;                        // of the newest that was written
  Clock::time_point taken_at_;       // the last one
  Clock::time_point written_at_;     // when the newest that was written was taken
  Histogram seconds_ = Histogram::seconds();
};

}  // namespace weir
