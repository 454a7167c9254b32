#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/core/metric_samples.h"
#include "pipeline/graph/graph.h"
#include "pipeline/runner/layout.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/stop_reason.h"
#include "pipeline/runner/world.h"
#include "pipeline/service/pipeline_changes.h"
#include "pipeline/service/shard_end.h"
#include "pipeline/service/worker_events.h"

namespace weir {

class RunnerSource;
class Worker;

/// The shards of a pipeline that this process runs, on `engine.workers` threads.
///
/// `membership: group`: each worker is a member of the consumer group `weir.<pipeline>` on the
/// epochs topic; to be assigned a partition is to run that shard. A revoked shard is committed and
/// parked in memory; given back untouched it continues at once. `fixed`: all shards, or
/// `run_shards`. Safety rests on neither: taking a shard over fences its older owner.
class Service final : private WorkerEvents {
 public:
  using Tell = std::function<void(const Notice&)>;
  /// Everything given by reference outlives it. `tell`: called by the threads of workers.
  Service(const Config& config, const Graph& graph, const Layout& layout, World& world,
          std::filesystem::path state_dir, Owner owner, Tell tell, PipelineChanges changes = {});
  ~Service() override;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void start();
  /// Asks all shards to finish their epoch, commit and take a snapshot. Returns at once.
  void ask_to_stop() { stop_.request_stop(); }
  /// Waits until every worker has ended.
  void join();

  /// Whether every worker knows its shards and all of them have recovered.
  bool ready() const;
  /// Whether every worker's loop has run in the last 30 seconds, or it is recovering.
  bool alive() const;
  /// Whether a worker has ended: by itself, or asked to.
  bool ended() const { return ended_workers_ > 0; }
  bool all_ended() const { return ended_workers_ == workers_.size(); }
  StopReason why() const;
  std::string reason() const;

  /// The figures of all shards, at most a second old.
  MetricSamples samples() const;
  /// After join: the shards that were finished.
  const std::vector<ShardEnd>& ends() const { return ends_; }

 private:
  void fail(StopReason why, const std::string& reason) override;
  void lose(const std::string& reason) override;
  void tell(const Notice& notice) override { tell_(notice); }
  void ended(const std::vector<ShardEnd>& ends) override;

  Tell tell_;
  std::unique_ptr<RunnerSource> source_;
  std::stop_source stop_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<std::size_t> running_ = 0;  // shards that have not lost their input
  std::atomic<bool> lost_ = false;
  std::atomic<std::size_t> ended_workers_ = 0;
  mutable std::mutex mutex_;
  std::vector<ShardEnd> ends_;
  StopReason why_ = StopReason::none;
  std::string reason_;
};

}  // namespace weir
