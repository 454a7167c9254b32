#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "pipeline/runner/epoch_player.h"

namespace weir {

/// What a person reads about a recovery: its beginning, its end, and a line every two seconds
/// between them. One object per recovery. Pure: time comes in.
class RecoveryTeller {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// The line for a replay that has come so far; none: it is too early for the next.
  std::optional<std::string> next(const ReplayProgress& at, Time now);

 private:
  std::optional<Time> told_;
};

}  // namespace weir
