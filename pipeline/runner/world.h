#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "pipeline/config/config.h"
#include "pipeline/core/log/log.h"
#include "pipeline/epochs/committer.h"
#include "pipeline/graph/pipeline.h"

namespace weir {

/// How a pipeline reaches the world: logs, time, waiting.
struct World {
  /// The log of outputs and epochs.
  Log& log;
  /// The log of a source (its own `kafka:` may name another cluster).
  std::function<Log&(const SourceConfig&)> source_log;
  /// Wall time in ms since 1970: for metrics, idleness and ticks, which are recorded.
  std::function<std::int64_t()> now_ms;
  /// Reads a pipeline that an epoch recorded; without it a changed pipeline is refused.
  std::function<std::unique_ptr<Pipeline>(const std::string& resolved)> read_recorded = {};
  /// Without threads and in a time of its own, as a simulation wants it; both or neither.
  Committer::Simulated simulated = {};

  std::chrono::steady_clock::time_point now() const {
    return simulated.now ? simulated.now() : std::chrono::steady_clock::now();
  }
  /// Waits until the signal is notified, at most for `time`.
  void wait(Signal& signal, std::chrono::milliseconds time) const {
    if (simulated.wait)
      simulated.wait(signal, time);
    else
      signal.wait_for(time);
  }
};

/// How long the rows wait for an answer about a partition.
inline constexpr std::chrono::milliseconds kSoon{1000};

}  // namespace weir
