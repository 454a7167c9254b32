#include "pipeline/options/rough_duration.h"

#include <fmt/format.h>

namespace weir {

std::string rough_duration(std::int64_t ms) {
  constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
  if (ms >= 3 * kDay) return fmt::format("{}d", ms / kDay);
  if (ms >= 3 * kHour) return fmt::format("{}h", ms / kHour);
  if (ms >= 3 * kMinute) return fmt::format("{}m", ms / kMinute);
  return fmt::format("{}s", ms / 1'000);
}

}  // namespace weir
