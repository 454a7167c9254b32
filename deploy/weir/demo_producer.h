#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "connectors/generate/cards.h"
#include "connectors/memory/memory_log.h"
#include "deploy/weir/commands.h"
#include "deploy/weir/demo_report.h"

namespace weir {

/// Produces the card business into the topics `transactions` and `chargebacks` on its own thread,
/// at the requested rate, and waits when the reader falls behind.
///
/// Memory: what has not been read yet, and 20,000 records more; what was read is deleted.
class DemoProducer {
 public:
  /// `log` outlives it.
  DemoProducer(MemoryLog& log, const DemoOptions& options);
  /// Stops at once.
  ~DemoProducer();
  DemoProducer(const DemoProducer&) = delete;
  DemoProducer& operator=(const DemoProducer&) = delete;

  bool finished() const { return finished_; }
  std::uint64_t records() const { return records_; }
  std::vector<Cards::Planted> planted() const;
  DemoReport report() const;

 private:
  void run();
  void hold_back(std::chrono::steady_clock::time_point began);

  MemoryLog& log_;
  DemoOptions options_;
  mutable std::mutex mutex_;  // over cards_ and report_
  Cards cards_;
  DemoReport report_;
  std::uint64_t transactions_ = 0;
  std::atomic<std::uint64_t> records_ = 0;
  std::atomic<bool> finished_ = false;
  std::atomic<bool> stop_ = false;
  std::thread thread_;  // last: it uses all others
};

}  // namespace weir
