#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/service/live_shard.h"
#include "pipeline/service/sample_board.h"
#include "pipeline/service/worker_events.h"

namespace weir {

/// The shards that a worker has in memory. They run, or they are parked: committed and given up,
/// until it is known whose they are. Figures go to the board, notices to the events. Used by one
/// thread; in no call of `take`, `resume` or `turn` may another of them begin.
class ShardSet {
 public:
  using Time = LiveShard::Time;
  struct Stop {  // a shard that has stopped by itself
    std::uint32_t shard;
    StopReason why;
    std::string reason;
  };
  struct Turn {
    bool busy = false;  // some shard had something to do
    Time deadline;      // else none will have before, unless the signal is notified
    std::vector<Stop> stopped = {};
  };

  ShardSet(WorkerEvents& events, SampleBoard& board) : events_(events), board_(board) {}

  bool runs(std::uint32_t shard) const { return running_.contains(shard); }
  std::vector<std::uint32_t> running() const;
  /// Whether none runs.
  bool empty() const { return running_.empty(); }

  /// Runs a shard that has recovered.
  void take(std::uint32_t shard, std::unique_ptr<LiveShard> live);
  /// Parks a shard that has recovered while the group shares out.
  void take_parked(std::uint32_t shard, std::unique_ptr<LiveShard> live);
  /// Runs a parked shard again if nobody else has had it; else drops it. False: it has to recover.
  bool resume(std::uint32_t shard);
  /// Parks those of the shards that run. `lost`: others may have them already.
  void park(std::span<const std::int32_t> shards, bool lost);
  /// Commits and drops the running shards that are not among `wanted`.
  void drop_others(std::span<const std::uint32_t> wanted);
  /// Drops the parked shards that are not among `wanted`: they are somebody else's now.
  void drop_parked_others(std::span<const std::uint32_t> wanted);

  /// Lets every shard work once. A shard that stopped for `fenced` or `lost_input` is dropped.
  Turn turn(Time deadline);
  /// Puts the figures of the running shards on the board, and reports once when snapshots of one
  /// begin to fail and once when they are written again.
  void report();

  /// Finishes the shards that run, and the parked ones that nobody else has had; none is left.
  /// Adds to `ends`; returns those that stopped instead.
  std::vector<Stop> finish(std::vector<ShardEnd>& ends);
  /// Drops all of them as they are.
  void clear();

 private:
  struct Held {
    std::unique_ptr<LiveShard> live;
    bool snapshots_fail = false;  // as reported last
  };

  void tell(std::uint32_t shard, Notice::Level level, const std::string& text);
  void watch_snapshots(std::uint32_t shard, Held& held);

  WorkerEvents& events_;
  SampleBoard& board_;
  std::map<std::uint32_t, Held> running_, parked_;
};

}  // namespace weir
