#include "pipeline/service/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipeline/core/topic_names.h"
#include "pipeline/service/runner_source.h"
#include "pipeline/service/worker.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

RunnerSettings runner_settings(const Config& config, fs::path state_dir, Owner owner,
                               PipelineChanges changes) {
  return {.engine = config.engine,
          .state_dir = std::move(state_dir),
          .resolved = resolved_config(config),
          .owner = std::move(owner),
          .accept_new_logic = changes.accept_new_logic,
          .reset = std::move(changes.reset),
          .crashed = changes.crashed};
}

/// What a process without a group runs; in a group, as many as it may get.
std::vector<std::uint32_t> shards_to_run(const EngineConfig& engine, std::uint32_t shards) {
  std::vector<std::uint32_t> run;
  const auto& only = engine.run_shards;
  for (std::uint32_t shard = 0; shard < shards; ++shard)
    if (only.empty() || std::ranges::find(only, shard) != only.end()) run.push_back(shard);
  return run;
}

/// Of the `index`th of `count` workers.
Worker::Settings worker_settings(const EngineConfig& engine, const std::string& pipeline,
                                 const Layout& layout, World& world, const fs::path& state_dir,
                                 std::size_t index, std::size_t count) {
  Worker::Settings settings{.pipeline = pipeline, .shards = layout.shards};
  if (engine.membership != ShardAssignment::group) {
    const std::vector<std::uint32_t> run = shards_to_run(engine, layout.shards);
    for (std::size_t i = index; i < run.size(); i += count) settings.fixed.push_back(run[i]);
    return settings;
  }
  const std::string instance =
      engine.instance.empty() ? "" : fmt::format("{}-{}", engine.instance, index);
  settings.lease = state_dir / fmt::format("lease-{}", index);
  settings.join = [&world, pipeline, instance](Signal& signal) {
    return world.log.join(consumer_group(pipeline), epochs_topic(pipeline), instance, signal);
  };
  return settings;
}

}  // namespace

Service::Service(const Config& config, const Graph& graph, const Layout& layout, World& world,
                 fs::path state_dir, Owner owner, Tell tell, PipelineChanges changes)
    : tell_(std::move(tell)),
      source_(std::make_unique<RunnerSource>(
          graph, layout, world,
          runner_settings(config, state_dir, std::move(owner), std::move(changes)))),
      running_(shards_to_run(config.engine, layout.shards).size()) {
  const std::size_t count =
      std::max<std::size_t>(1, std::min<std::size_t>(config.engine.workers, running_));
  WorkerEvents& events = *this;
  for (std::size_t i = 0; i < count; ++i)
    workers_.push_back(std::make_unique<Worker>(
        worker_settings(config.engine, graph.pipeline, layout, world, state_dir, i, count),
        *source_, events, stop_.get_token()));
}

Service::~Service() {
  ask_to_stop();
  join();
}

void Service::start() {
  for (const auto& worker : workers_) worker->start();
}

void Service::join() {
  for (const auto& worker : workers_) worker->join();
}

bool Service::ready() const {
  return !ended() && !lost_ &&
         std::ranges::all_of(workers_, [](const auto& worker) { return worker->ready(); });
}

bool Service::alive() const {
  return ended() ||
         std::ranges::all_of(workers_, [](const auto& worker) { return worker->alive(); });
}

StopReason Service::why() const {
  const std::lock_guard lock(mutex_);
  return why_;
}

std::string Service::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

MetricSamples Service::samples() const {
  MetricSamples all;
  for (const auto& worker : workers_) all.append(worker->samples());
  return all;
}

void Service::fail(StopReason why, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (why_ == StopReason::none || why_ == StopReason::lost_input) {
    why_ = why;
    reason_ = reason;
  }
  stop_.request_stop();
}

/// A shard whose input was lost to retention stops; the others continue, if there are any.
void Service::lose(const std::string& reason) {
  if (--running_ == 0) return fail(StopReason::lost_input, reason);
  lost_ = true;
  tell_({Notice::Level::error, reason + "; this shard has stopped, the others continue"});
  const std::lock_guard lock(mutex_);
  why_ = StopReason::lost_input;
  reason_ = reason;
}

void Service::ended(const std::vector<ShardEnd>& ends) {
  const std::lock_guard lock(mutex_);
  ends_.insert(ends_.end(), ends.begin(), ends.end());
  ++ended_workers_;
}

}  // namespace weir
