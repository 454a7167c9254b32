#pragma once

#include <cstdint>

#include "pipeline/core/step.h"

namespace weir {

/// The event time of a row at `position`: its record's; the watermark where time alone made the row
/// (a tick).
inline std::int64_t row_time(const Step& step, std::uint32_t position) {
  const std::int64_t time = step.event_time[position];
  return time == kNoTime ? step.watermark[position] : time;
}

}  // namespace weir
