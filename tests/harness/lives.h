#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/deadly.h"
#include "tests/harness/running_shard.h"

/// A shard in a time of its own, without threads, whose processes crash when a test says so.
namespace weir::engine_test {

/// One shard of a pipeline whose processes follow each other over one log and one folder. Nothing
/// in it has a thread; time passes when someone waits.
class Lives {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::int64_t kWallAtStart = 1'700'000'000'000;

  explicit Lives(const std::string& yaml, Set set = {}, std::int32_t partitions = 1)
      : yaml_(yaml), set_(std::move(set)), pipeline_(read_deadly(yaml, set_)) {
    set_small(*pipeline_);
    World& world = cluster_.world();
    world.read_recorded = [](const std::string& resolved) {
      return weir::read_recorded(resolved, deadly_vocabulary());
    };
    world.now_ms = [this] { return wall_ms(); };
    world.simulated.due = [this] { return commits_answered_; };
    world.simulated.now = [this] { return now_; };
    world.simulated.wait = [this](Signal& signal, std::chrono::milliseconds time) {
      if (signal.wait_for(std::chrono::milliseconds(0))) return true;
      now_ += time;
      return false;
    };
    cluster_.create_sources(*pipeline_->graph, partitions);
    layout_ = cluster_.prepare(*pipeline_);
  }

  class Life {
   public:
    Life(Lives& of, const std::vector<std::string>& reset)
        : of_(of),
          shard_(*of.pipeline_, of.layout_, of.cluster_.world(), settings(of, reset)) {
      shard_.recover();
    }
    Runner& operator*() { return *shard_; }
    Runner* operator->() { return shard_.operator->(); }
    /// Works until `enough`; false: the shard stopped before.
    bool work_until(const std::function<bool()>& enough) {
      while (!enough()) {
        if (shard_->stopped() != StopReason::none) return false;
        if (shard_->work()) continue;
        of_.pass(std::chrono::milliseconds(1));
      }
      return true;
    }
    bool work_to(std::uint64_t sequence) {
      return work_until([&] { return shard_->shard().sequence() >= sequence; });
    }
    /// Until nothing is left to read and all of it is committed.
    bool work_to_end() {
      return work_until([&] { return of_.all_committed(); });
    }
    Hashes hashes() { return shard_.hashes(); }
    std::vector<std::string> notes() const { return shard_.notes(); }
    bool says(const std::string& text) const {
      return std::ranges::any_of(notes(), [&](const std::string& note) {
        return note.find(text) != std::string::npos;
      });
    }

   private:
    static RunnerSettings settings(Lives& of, const std::vector<std::string>& reset) {
      RunnerSettings all = RunningShard::settings(*of.pipeline_, of.folder_.path(), 0);
      all.watch_crashes = true;
      all.crashed = of.crashed;
      all.accept_new_logic = of.accept_new_logic;
      all.reset = reset;
      return all;
    }

    Lives& of_;
    RunningShard shard_;
  };

  /// A process that begins; it ends when the object does: dead, unless it has finished.
  std::unique_ptr<Life> life(const std::vector<std::string>& reset = {}) {
    return std::make_unique<Life>(*this, reset);
  }
  /// From the next life on the file says so.
  void change(Set set) {
    set.insert(set.begin(), set_.begin(), set_.end());
    pipeline_ = read_deadly(yaml_, set);
    set_small(*pipeline_);
    layout_ = cluster_.prepare(*pipeline_);
  }

  /// From the next life on this is the file.
  void file(std::string yaml) {
    yaml_ = std::move(yaml);
    change({});
  }

  void append(std::span<const Row> rows) { cluster_.append(rows); }
  void pass(std::chrono::milliseconds time) { now_ += time; }
  void answer_commits(bool yes) { commits_answered_ = yes; }
  std::int64_t wall_ms() const {
    return kWallAtStart +
           std::chrono::duration_cast<std::chrono::milliseconds>(now_ - Time{}).count();
  }
  bool all_committed() {
    for (const SourceNode& source : pipeline_->graph->sources) {
      const std::string topic = source.config->spec->topic();
      for (std::int32_t p = 0; p < cluster_.log().partitions(topic).value_or(0); ++p) {
        const OffsetRange range = cluster_.log().offsets(topic, p);
        if (range.end > 0 && cluster_.log().committed(topic, p).value_or(0) < range.end)
          return false;
      }
    }
    return true;
  }
  std::vector<EpochRecord> epochs() {
    return read_epochs(cluster_.log(), pipeline_->graph->pipeline, 0, 0);
  }
  /// A clean replay of what can be replayed, on another machine; what it says is in `notes`.
  Hashes verified(std::vector<std::string>* notes = nullptr) {
    AuditedShard again(*pipeline_, layout_, cluster_.world(), nowhere_.path());
    again.verify();
    if (notes != nullptr) *notes = again.notes();
    return again.hashes();
  }
  std::filesystem::path folder() const { return folder_.path() / "shard-0"; }
  MemoryLog& log() { return cluster_.log(); }
  Cluster& cluster() { return cluster_; }
  Pipeline& pipeline() { return *pipeline_; }

  std::function<MemoryLog::Fault(const MemoryLog::Call&)> hook;
  bool crashed = true;            // whether the life before died of itself
  bool accept_new_logic = false;  // of the lives to come

 private:
  static void set_small(Pipeline& pipeline) {
    EngineConfig& engine = pipeline.config.engine;
    engine.batch_rows = 16;
    engine.run_rows = 10;
    engine.epoch.ms = 0;  // every run is an epoch, if the one before is committed
  }

  std::string yaml_;
  Set set_;
  TemporaryFolder folder_, nowhere_;
  Cluster cluster_{{.clock = [this] { return wall_ms(); },
                    .hook =
                        [this](const MemoryLog::Call& call) {
                          return hook ? hook(call) : MemoryLog::Fault::none;
                        }}};
  Time now_{};
  bool commits_answered_ = true;
  std::unique_ptr<Pipeline> pipeline_;
  Layout layout_;
};

}  // namespace weir::engine_test
