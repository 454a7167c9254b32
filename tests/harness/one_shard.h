#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <vector>

#include "tests/harness/running_shard.h"

/// The diamond on a log of its own that can be made to fail.
namespace weir::engine_test {

/// Kills the process after a number of calls of the log: from then on none takes place. Loses
/// requests and answers of commits, and keeps it from answering, as told.
struct Trouble {
  std::atomic<std::int64_t> calls_left{std::numeric_limits<std::int64_t>::max()};
  std::atomic<int> lose_requests{0}, lose_answers{0};

  MemoryLog::Fault operator()(const MemoryLog::Call& call) {
    if (--calls_left < 0) throw Killed();
    if (call.kind != MemoryLog::Call::Kind::commit || call.after) return MemoryLog::Fault::none;
    if (lose_answers > 0 && lose_answers-- > 0) return MemoryLog::Fault::answer_lost;
    if (lose_requests > 0 && lose_requests-- > 0) return MemoryLog::Fault::request_lost;
    return MemoryLog::Fault::none;
  }
  void survive() { calls_left = std::numeric_limits<std::int64_t>::max(); }
};

inline std::unique_ptr<Pipeline> small_steps(const Set& set = {}) {
  auto pipeline = read_pipeline(kDiamond, set);
  EngineConfig& engine = pipeline->config.engine;
  engine.batch_rows = 16;
  engine.run_rows = 10;
  engine.epoch.ms = 0;  // every run is an epoch, if the one before is committed
  engine.snapshot_every.ms = 1;
  return pipeline;
}

/// A log with all rows of the diamond, a runner that has worked on some of them, and its
/// successors.
struct OneShard {
  explicit OneShard(const Set& set = {}, int count = 300)
      : pipeline(small_steps(set)), rows(random_rows(9, count)) {
    cluster.create_sources(*pipeline->graph, 1);
    cluster.append(rows);
    layout = cluster.prepare(*pipeline);
  }
  std::unique_ptr<RunningShard> shard() {
    return std::make_unique<RunningShard>(*pipeline, layout, cluster.world(), folder.path());
  }
  std::filesystem::path snapshots() const { return folder.path() / "shard-0"; }
  std::vector<EpochRecord> epochs() { return read_epochs(cluster.log(), "diamond", 0, 0); }
  /// Ticks that are committed.
  std::size_t ticks() {
    std::size_t count = 0;
    for (const EpochRecord& record : epochs())
      for (const Mark& mark : record.marks) count += mark.kind == Mark::Kind::tick;
    return count;
  }

  std::size_t committed_rows() {
    std::size_t count = 0;
    for (const EpochRecord& record : epochs())
      for (const Run& run : record.runs) count += run.count;
    return count;
  }

  TemporaryFolder folder;
  Trouble trouble;
  Cluster cluster{{.hook = [this](const MemoryLog::Call& call) { return trouble(call); }}};
  std::unique_ptr<Pipeline> pipeline;
  std::vector<Row> rows;
  Layout layout;
};

}  // namespace weir::engine_test
