#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/core/metric_samples.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/world.h"

namespace weir {

class ShardMachine;
class SnapshotTaker;

/// How much of the input of one lane that a replay would need is still there, and for how long.
struct Headroom {
  /// Between the partition's first record and where a replay would begin; below zero: some of it is
  /// gone. None: not known.
  std::optional<std::int64_t> records;
  double seconds = std::numeric_limits<double>::infinity();  // until retention deletes some of it
};

/// What the headroom of one lane depends on.
struct LaneRetention {
  std::int64_t position = 0;         // the next record
  std::int64_t base = 0;             // where a replay would begin
  std::int64_t base_ms = 0;          // timestamp of the record before that, or kNoTime
  std::optional<OffsetRange> range;  // what the partition holds; none: not known
  std::int64_t retention_ms = -1;    // of the topic; -1: for ever
};

/// The headroom at a wall time. The records of `before` stay where nothing new is known.
/// `snapshot`: becomes true if a new snapshot is needed soon: less than a tenth of the partition's
/// records or half of the retention time is left.
Headroom headroom_of(const LaneRetention& lane, const Headroom& before, std::int64_t now_ms,
                     bool& snapshot);

/// Watches, every 30 s, that what a replay needs stays in the log: has a snapshot taken in time,
/// trims epochs that nobody needs any more, and reports partitions that nothing reads.
class RetentionWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// `keep_epochs`: epochs are kept for audits at least this long.
  RetentionWatch(World& world, std::chrono::milliseconds keep_epochs, Notices& notices);

  /// Asks the logs if it is time to.
  void watch(ShardMachine& machine, SnapshotTaker& snapshots, Clock::time_point now);
  void report(MetricSamples& samples, const ShardMachine& machine) const;

 private:
  void trim_epochs(const ShardMachine& machine, const SnapshotTaker& snapshots);
  void look_for_partitions(const ShardMachine& machine);

  World& world_;
  std::chrono::milliseconds keep_epochs_;
  Notices& notices_;
  Clock::time_point looked_at_;
  std::vector<Headroom> headroom_;    // per lane
  std::int64_t trimmed_ = 0;          // the epochs partition begins there
  std::vector<std::int32_t> unread_;  // per source: partitions that came later
};

}  // namespace weir
