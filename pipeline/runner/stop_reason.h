#pragma once

#include <cstdint>

#include "pipeline/core/log/log.h"

namespace weir {

/// Why a shard stopped by itself.
enum class StopReason : std::uint8_t { none, fenced, lost_input, unreachable, failed };

inline StopReason stop_reason(LogFailure::Kind failure) {
  switch (failure) {
    case LogFailure::Kind::unreachable:
      return StopReason::unreachable;
    case LogFailure::Kind::fenced:
      return StopReason::fenced;
    case LogFailure::Kind::lost:
      return StopReason::lost_input;
    case LogFailure::Kind::refused:
      break;
  }
  return StopReason::failed;
}

}  // namespace weir
