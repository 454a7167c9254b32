#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "connectors/formats/json.h"

namespace weir {

/// As too_deep, by a proper count.
bool counts_too_deep(std::string_view json);

/// Whether a record is nested deeper than kMaxJsonDepth. Brackets inside texts make the first,
/// quick count too high; only then is it counted properly. (simdjson's on-demand parser does not
/// limit the depth of what it skips.)
inline bool too_deep(std::string_view json) {
  std::size_t open = 0;
  for (char bracket : {'{', '['}) {
    const char* at = json.data();
    const char* const end = at + json.size();
    while (open <= kMaxJsonDepth &&
           (at = static_cast<const char*>(
                std::memchr(at, bracket, static_cast<std::size_t>(end - at)))) != nullptr) {
      ++open;
      ++at;
    }
  }
  return open > kMaxJsonDepth && counts_too_deep(json);
}

}  // namespace weir
