#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/core/log/signal.h"
#include "pipeline/core/metric_samples.h"
#include "pipeline/runner/epoch_player.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/stop_reason.h"
#include "pipeline/service/shard_end.h"

namespace weir {

/// A shard in memory that has recovered, as a worker uses it: a Runner (its contract is there), or
/// a small fake in tests. Used by one thread.
class LiveShard {
 public:
  using Time = std::chrono::steady_clock::time_point;

  virtual ~LiveShard() = default;

  virtual bool work() = 0;
  virtual Time next_deadline() const = 0;
  virtual void finish() = 0;
  virtual void park(bool lost) = 0;
  virtual void write_out() = 0;
  virtual bool resume() = 0;

  virtual StopReason stopped() const = 0;
  virtual std::string reason() const = 0;
  virtual std::string snapshot_error() const = 0;
  virtual std::vector<Notice> take_notices() = 0;
  virtual void report(MetricSamples& samples) = 0;
  virtual std::uint64_t epoch() const = 0;
  /// After `finish`.
  virtual ShardEnd end() = 0;
};

/// Sees a recovery as WatchReplay does, with what there is to report since the last call.
using WatchRecovery =
    std::function<WhatNext(const ReplayProgress&, const std::vector<Notice>& notices)>;

/// Where the shards of a pipeline come from. Thread-safe, but only one call per shard at a time.
class ShardSource {
 public:
  virtual ~ShardSource() = default;

  /// Recovers a shard; null: `watch` gave it up. `signal` is notified when the shard has something
  /// to do; it outlives the shard. Throws LogFailure; std::runtime_error as Recovery does.
  virtual std::unique_ptr<LiveShard> recover(std::uint32_t shard, Signal& signal,
                                             const WatchRecovery& watch) = 0;
};

}  // namespace weir
