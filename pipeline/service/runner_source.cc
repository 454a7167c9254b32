#include "pipeline/service/runner_source.h"

#include <utility>

#include "pipeline/runner/recovery.h"
#include "pipeline/runner/runner.h"

namespace weir {
namespace {

class LiveRunner final : public LiveShard {
 public:
  LiveRunner(std::uint32_t shard, std::unique_ptr<Runner> runner)
      : shard_(shard), runner_(std::move(runner)) {}

  bool work() override { return runner_->work(); }
  Time next_deadline() const override { return runner_->next_deadline(); }
  void finish() override { runner_->finish(); }
  void park(bool lost) override { runner_->park(lost); }
  void write_out() override { runner_->write_out(); }
  bool resume() override { return runner_->resume(); }

  StopReason stopped() const override { return runner_->stopped(); }
  std::string reason() const override { return runner_->reason(); }
  std::string snapshot_error() const override { return runner_->snapshot_error(); }
  std::vector<Notice> take_notices() override { return runner_->take_notices(); }
  void report(MetricSamples& samples) override { runner_->report(samples); }
  std::uint64_t epoch() const override { return runner_->epoch(); }
  ShardEnd end() override {
    return {shard_, runner_->epoch(), runner_->state_hash(), runner_->output_hash()};
  }

 private:
  std::uint32_t shard_;
  std::unique_ptr<Runner> runner_;
};

}  // namespace

RunnerSource::RunnerSource(const Graph& graph, const Layout& layout, World& world,
                           RunnerSettings settings)
    : graph_(graph), layout_(layout), world_(world), settings_(std::move(settings)) {}

std::unique_ptr<LiveShard> RunnerSource::recover(std::uint32_t shard, Signal& signal,
                                                 const WatchRecovery& watch) {
  RunnerSettings settings = settings_;
  settings.shard = shard;
  Recovery recovery(graph_, layout_, world_, std::move(settings), signal, turns_);
  std::unique_ptr<Runner> runner = recovery.run(
      [&](const ReplayProgress& at) { return watch(at, recovery.take_notices()); });
  if (!runner) return nullptr;
  return std::make_unique<LiveRunner>(shard, std::move(runner));
}

}  // namespace weir
