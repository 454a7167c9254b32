#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/service/live_shard.h"
#include "pipeline/service/worker_events.h"

/// Shards without a log, and somebody who hears what workers report.
namespace weir::service_test {

/// What a shard is to do and what was done with it; outlives the shard.
struct Script {
  bool busy = false;
  bool resumes = true;  // nobody else has had it while it was parked
  LiveShard::Time deadline = LiveShard::Time::max();
  std::uint64_t epoch = 0;
  StopReason stopped = StopReason::none;
  std::string reason = {}, snapshot_error = {};
  std::vector<Notice> notices = {};
  std::function<void()> on_work = {};
  std::vector<std::string> calls = {};  // but those of `work`
};

class FakeShard final : public LiveShard {
 public:
  FakeShard(std::uint32_t shard, Script& script) : shard_(shard), script_(script) {}
  ~FakeShard() override { script_.calls.emplace_back("dropped"); }

  bool work() override {
    if (script_.on_work) script_.on_work();
    return script_.busy;
  }
  Time next_deadline() const override { return script_.deadline; }
  void finish() override { script_.calls.emplace_back("finish"); }
  void park(bool lost) override { script_.calls.emplace_back(lost ? "park lost" : "park"); }
  void write_out() override { script_.calls.emplace_back("write out"); }
  bool resume() override {
    script_.calls.emplace_back("resume");
    return script_.resumes;
  }
  StopReason stopped() const override { return script_.stopped; }
  std::string reason() const override { return script_.reason; }
  std::string snapshot_error() const override { return script_.snapshot_error; }
  std::vector<Notice> take_notices() override { return std::exchange(script_.notices, {}); }
  void report(MetricSamples& samples) override {
    samples.with({{"shard", std::to_string(shard_)}});
    samples(metric::recovery_epochs_left, 0);
  }
  std::uint64_t epoch() const override { return script_.epoch; }
  ShardEnd end() override { return {shard_, script_.epoch, 1, 2}; }

 private:
  std::uint32_t shard_;
  Script& script_;
};

/// Whose figures are shown.
inline std::set<std::string> reported(const MetricSamples& samples) {
  std::set<std::string> shards;
  for (const MetricSamples::Sample& sample : samples.all())
    shards.emplace(sample.label("shard"));
  return shards;
}

/// Hears what workers report; a failure stops them, as a service does.
struct Heard final : WorkerEvents {
  void fail(StopReason why, const std::string& reason) override {
    failures.emplace_back(why, reason);
    stop.request_stop();
  }
  void lose(const std::string& reason) override { lost.push_back(reason); }
  void tell(const Notice& notice) override { told.push_back(notice); }
  void ended(const std::vector<ShardEnd>& of_worker) override {
    ends.insert(ends.end(), of_worker.begin(), of_worker.end());
    ++workers_ended;
  }

  std::stop_source stop;
  std::vector<std::pair<StopReason, std::string>> failures;
  std::vector<std::string> lost;
  std::vector<Notice> told;
  std::vector<ShardEnd> ends;
  int workers_ended = 0;
};

}  // namespace weir::service_test
