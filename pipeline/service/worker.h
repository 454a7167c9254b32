#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/core/log/membership.h"
#include "pipeline/core/log/signal.h"
#include "pipeline/service/fencing_policy.h"
#include "pipeline/service/lease_file.h"
#include "pipeline/service/live_shard.h"
#include "pipeline/service/recovery_teller.h"
#include "pipeline/service/sample_board.h"
#include "pipeline/service/shard_set.h"
#include "pipeline/service/worker_events.h"

namespace weir {

/// One thread with the shards that it runs: those that a group assigns to it, or fixed ones. It
/// shares nothing with other workers.
class Worker {
 public:
  /// Joins the group that shares out the shards; see Log::join.
  using JoinGroup = std::function<std::unique_ptr<Membership>(Signal& signal)>;
  struct Settings {
    std::string pipeline;
    std::uint32_t shards = 1;               // of the pipeline
    std::vector<std::uint32_t> fixed = {};  // to run, if there is no group
    JoinGroup join = {};                    // none: there is no group
    std::filesystem::path lease = {};       // file of a member's lease
  };

  /// `source` and `events` outlive it. `stop`: when it should finish its shards and end.
  Worker(Settings settings, ShardSource& source, WorkerEvents& events, std::stop_token stop);

  /// Works until it has to stop or cannot continue. Returns after `WorkerEvents::ended`; never
  /// throws.
  void run();
  /// The same in a thread of its own.
  void start() { thread_ = std::thread(&Worker::run, this); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  // For any thread:
  /// Whether it knows its shards and all of them have recovered.
  bool ready() const { return ready_; }
  /// Whether its loop has run in the last 30 seconds, or it is recovering.
  bool alive() const;
  MetricSamples samples() const { return board_.all(); }

 private:
  using Clock = std::chrono::steady_clock;

  void begin();
  void loop();
  void finish(std::vector<ShardEnd>& ends);
  void follow_group();
  bool wants(std::uint32_t shard) const;
  bool all_run() const;
  void take_wanted(Clock::time_point now);
  void take(std::uint32_t shard);
  std::unique_ptr<LiveShard> recover(std::uint32_t shard);
  WhatNext watch(std::uint32_t shard, Clock::time_point& polled);
  void stopped(const ShardSet::Stop& one);
  void fenced(std::uint32_t shard, const std::string& text);
  void tell(std::uint32_t shard, const std::vector<Notice>& notices);
  void tell_progress(std::uint32_t shard, const ReplayProgress& at, RecoveryTeller& teller);
  void report(Clock::time_point now);
  void beat();

  Settings settings_;
  ShardSource& source_;
  WorkerEvents& events_;
  std::stop_token stop_;
  Signal signal_;
  std::unique_ptr<Membership> membership_;  // none: fixed
  std::optional<LeaseFile> lease_;          // of a member
  std::vector<std::uint32_t> wanted_;       // the shards to run
  /// Shards of a process that crashed here a moment ago. Its session has not expired, so nobody
  /// else has them, and they are resumed before this worker is a member.
  std::vector<std::uint32_t> early_;
  FencingPolicy fencings_;
  std::map<std::uint32_t, Clock::time_point> not_before_;  // of shards that stopped
  SampleBoard board_;
  ShardSet shards_;
  Clock::time_point reported_;
  std::atomic<std::int64_t> beat_;  // seconds
  std::atomic<bool> ready_ = false, recovering_ = true;
  std::thread thread_;
};

}  // namespace weir
