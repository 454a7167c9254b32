#pragma once

#include <source_location>

namespace weir {

/// Stops the program with the place and the sentence that turned out to be false: a bug of ours,
/// never bad input. Stays on in release builds.
[[noreturn]] void check_failed(const char* what, std::source_location place);

/// Asserts what our own code promises. Cost: one branch.
inline void check(bool holds, const char* what,
                  std::source_location place = std::source_location::current()) {
  if (!holds) [[unlikely]]
    check_failed(what, place);
}

}  // namespace weir
