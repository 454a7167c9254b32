#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>

#include "pipeline/runner/recovery.h"
#include "pipeline/runner/runner.h"
#include "pipeline/service/service.h"

namespace weir {

/// One thread of a service with the shards that it runs; it shares nothing with the others.
class Service::Worker {
 public:
  // A question to a broker that is away may take ten seconds; seconds.
  static constexpr std::int64_t kLongestSilence = 30;
  static std::int64_t seconds_now();

  /// The `index`th of `count` workers.
  Worker(Service& service, std::size_t index, std::size_t count);

  void start() {
    thread_ = std::thread([this] { work(); });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  bool ready() const { return ready_; }
  bool recovering() const { return recovering_; }
  std::int64_t beat() const { return beat_; }
  MetricSamples samples() const;

 private:
  using Clock = std::chrono::steady_clock;
  // Thrown out of a recovery:
  struct Revoked {};  // its shard is no longer wanted
  struct GroupFailure {  // of the membership, not of the shard
    LogFailure why;
  };

  void work();
  void loop();
  void follow_group();
  std::filesystem::path lease_file() const;
  void read_lease();
  void keep_lease();
  void release(std::span<const std::int32_t> partitions, bool lost);
  bool wanted(std::uint32_t shard) const;
  bool all_run() const;
  void take(std::uint32_t shard);
  std::unique_ptr<Runner> recover(std::uint32_t shard);
  void tell(std::uint32_t shard, const std::vector<Notice>& notices);
  void tell_progress(std::uint32_t shard, const ReplayProgress& at);
  bool turn(Clock::time_point& deadline);
  void stopped(std::uint32_t shard, std::unique_ptr<Runner>& runner);
  void fenced(std::uint32_t shard, const std::string& reason);
  void lost(std::uint32_t shard, const std::string& reason);
  void watch_snapshots(std::uint32_t shard, const Runner& runner);
  void report(Clock::time_point now);
  void report_recovery(std::uint32_t shard, std::uint64_t epochs_left);
  void report_one(std::uint32_t shard, MetricSamples samples);
  void forget_figures(std::uint32_t shard);
  void finish();

  Service& service_;
  std::size_t index_, count_;
  Signal signal_;
  std::unique_ptr<Membership> membership_;  // none: fixed
  std::vector<std::uint32_t> wanted_;       // the shards that this worker is to run
  /// The shards of a process that died here a moment ago: the group still counts them as its, so
  /// nobody else has them, and we go on with them before we are a member.
  std::vector<std::uint32_t> early_;
  std::string lease_;  // as written last
  std::map<std::uint32_t, std::unique_ptr<Runner>> runners_, parked_;
  std::map<std::uint32_t, Clock::time_point> not_before_;  // shards that were fenced
  std::map<std::uint32_t, std::deque<Clock::time_point>> fencings_;
  std::set<std::uint32_t> without_snapshots_;  // whose snapshots fail, as was told
  std::optional<std::uint32_t> in_recovery_;
  Clock::time_point last_report_, told_;
  bool told_any_ = false;
  std::atomic<std::int64_t> beat_;
  std::atomic<bool> ready_ = false, recovering_ = true;
  mutable std::mutex mutex_;
  std::map<std::uint32_t, MetricSamples> samples_;  // of each shard
  std::thread thread_;
};

}  // namespace weir
