#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "tests/faults/recorded_order.h"
#include "tests/faults/simulation_figures.h"
#include "tests/harness/running_shard.h"

namespace weir::simulation {

/// One shard on a log in memory, in a time of its own and on one thread. The seed decides the
/// input, what fails and when.
class Scenario {
 public:
  using Versions = std::vector<std::unique_ptr<Pipeline>>;

  /// Takes `once` or, one time in four, `often`: the versions of a pipeline that delivers exactly
  /// once and of one that delivers at least once. `folder`: of its state, emptied first.
  Scenario(std::uint64_t seed, const Versions& once, const Versions& often,
           const std::filesystem::path& folder, Figures& figures);

  /// Until at least `crashes` have happened and all rows are processed. Throws what does not hold.
  void run(int crashes);

 private:
  using Clock = Runner::Clock;

  /// A process that runs the shard.
  struct Process {
    std::unique_ptr<engine_test::RunningShard> shard;
    std::size_t version = 0;
  };

  MemoryLog::Fault fault(const MemoryLog::Call& call);
  MemoryLog::Fault tear(const MemoryLog::Call& call);

  void live(std::uint64_t calls);
  void take_turns(Process& first, Process& second);
  void start(Process& process);
  bool work(engine_test::RunningShard& shard);
  void append_some();
  void append(const engine_test::Row& row);

  void disturb();
  void find_tear();
  void recover_after_tear();
  void finish();
  void audit(const Pipeline& pipeline, const engine_test::Hashes& live);

  const Pipeline& pipeline() const { return *versions_[version_]; }
  std::int64_t wall() const;

  std::mt19937_64 random_;
  bool often_;  // delivery: at_least_once
  const Versions& versions_;
  std::filesystem::path folder_;
  Figures& figures_;
  std::vector<engine_test::Row> rows_;
  std::size_t sent_ = 0, version_ = 0;
  std::int64_t calls_left_ = std::numeric_limits<std::int64_t>::max();
  bool faults_ = true, torn_ = false, lost_outputs_ = false, recovering_ = false;
  Clock::time_point time_{std::chrono::hours(1)};
  MemoryLog log_{{.max_record_bytes = 1'000'000,
                  .clock = [this] { return wall(); },
                  .hook = [this](const MemoryLog::Call& call) { return fault(call); }}};
  World world_;
  Layout layout_;
  RecordedOrder recorded_{log_, world_, layout_};
};

}  // namespace weir::simulation
