#include "pipeline/service/service.h"

#include <algorithm>

#include "pipeline/service/service_worker.h"

namespace weir {

namespace fs = std::filesystem;

Service::Service(const Config& config, const Graph& graph, const Layout& layout, World& world,
                 fs::path state_dir, Owner owner, Tell tell, PipelineChanges changes)
    : config_(config),
      graph_(graph),
      layout_(layout),
      world_(world),
      state_dir_(std::move(state_dir)),
      owner_(std::move(owner)),
      tell_(std::move(tell)),
      changes_(std::move(changes)),
      resolved_(resolved_config(config)) {
  for (std::uint32_t shard = 0; shard < layout.shards; ++shard) {
    const auto& only = config.engine.run_shards;
    if (only.empty() || std::ranges::find(only, shard) != only.end()) shards_.push_back(shard);
  }
  running_ = shards_.size();
  const std::size_t count =
      std::max<std::size_t>(1, std::min(config_.engine.workers, shards_.size()));
  for (std::size_t i = 0; i < count; ++i)
    workers_.push_back(std::make_unique<Worker>(*this, i, count));
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
  return !ended_ && !lost_ &&
         std::ranges::all_of(workers_, [](const auto& worker) { return worker->ready(); });
}

bool Service::alive() const {
  const std::int64_t now = Worker::seconds_now();
  return ended_ || std::ranges::all_of(workers_, [now](const auto& worker) {
           return worker->recovering() || now - worker->beat() < Worker::kLongestSilence;
         });
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
  stop_ = true;
}

void Service::fail(const LogFailure& failure) {
  fail(stop_reason(failure.kind), failure.what());
}

/// A shard whose input was lost to retention stops; the others go on, if there are any.
void Service::lose(const std::string& reason) {
  if (--running_ == 0) return fail(StopReason::lost_input, reason);
  lost_ = true;
  tell_({Line::Level::error, reason + "; this shard has stopped, the others go on"});
  const std::lock_guard lock(mutex_);
  why_ = StopReason::lost_input;
  reason_ = reason;
}

}  // namespace weir
