#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/core/metric_samples.h"
#include "pipeline/epochs/epoch_record.h"
#include "pipeline/graph/graph.h"
#include "pipeline/runner/layout.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/process_turns.h"
#include "pipeline/runner/stop_reason.h"
#include "pipeline/runner/world.h"
#include "pipeline/service/pipeline_changes.h"

namespace weir {

/// The shards of a pipeline that this process runs, on `engine.workers` threads.
///
/// `membership: group`: each worker is a member of the consumer group `weir.<pipeline>` on the
/// epochs topic; to be assigned a partition is to run that shard. A revoked shard is committed and
/// parked in memory; given back untouched it goes on at once. `fixed`: all shards, or `run_shards`.
/// Safety rests on neither: taking a shard over fences its older owner.
class Service {
 public:
  using Line = Notice;
  using Tell = std::function<void(const Line&)>;
  Service(const Config& config, const Graph& graph, const Layout& layout, World& world,
          std::filesystem::path state_dir, Owner owner, Tell tell, PipelineChanges changes = {});
  ~Service();

  void start();
  /// Asks all shards to finish their epoch, commit and take a snapshot. Returns at once.
  void ask_to_stop() { stop_ = true; }
  /// Waits until every worker has ended.
  void join();

  /// Whether every worker knows its shards and all of them have recovered.
  bool ready() const;
  /// Whether every worker's loop has gone round in the last 30 seconds (or it is recovering).
  bool alive() const;
  /// Whether a worker has ended: by itself, or asked to.
  bool ended() const { return ended_; }
  bool all_ended() const { return ends_count_ == workers_.size(); }
  StopReason why() const;
  std::string reason() const;

  /// The figures of all shards, at most a second old.
  MetricSamples samples() const;
  /// After join: per shard the last epoch, state hash and output hash.
  struct End {
    std::uint32_t shard;
    std::uint64_t epoch, state_hash, output_hash;
  };
  const std::vector<End>& ends() const { return ends_; }

 private:
  class Worker;

  void lose(const std::string& reason);
  void fail(StopReason why, const std::string& reason);
  void fail(const LogFailure& failure);

  const Config& config_;
  const Graph& graph_;
  const Layout& layout_;
  World& world_;
  std::filesystem::path state_dir_;
  Owner owner_;
  Tell tell_;
  PipelineChanges changes_;
  ProcessTurns turns_;
  std::string resolved_;
  std::vector<std::uint32_t> shards_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<std::size_t> running_ = 0;  // shards that have not lost their input
  std::atomic<bool> lost_ = false;
  std::atomic<std::size_t> ends_count_ = 0;  // workers that have ended
  mutable std::mutex mutex_;
  std::vector<End> ends_;
  StopReason why_ = StopReason::none;
  std::string reason_;
};

}  // namespace weir
