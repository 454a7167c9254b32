#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

/// Milliseconds since 1970 by the machine's clock.
inline std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace weir
