#include "operators/drift/drift_row.h"

#include <array>

namespace weir {

std::string_view word(DriftState state) {
  constexpr std::array<std::string_view, 4> kWords = {"stable", "warning", "drift", "no_data"};
  return kWords[static_cast<std::size_t>(state)];
}

Schema drift_rows() {
  constexpr Type number = Type::number, text = Type::text, time = Type::time;
  return {{{"detector", text},
           {"stream", text},
           {"field", text},
           {"state", text},
           {"statistic", number},
           {"threshold", number},
           {"p_value", number},
           {"reference_count", number},
           {"window_count", number},
           {"reference_mean", number},
           {"window_mean", number},
           {"window_from", time},
           {"window_to", time},
           {"null_ratio", number},
           {"summary", text},
           {"time", time},
           {"shard", number}}};
}

}  // namespace weir
