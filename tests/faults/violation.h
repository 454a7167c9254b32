#pragma once

#include <stdexcept>
#include <string>

namespace weir::simulation {

/// A scenario that does not hold.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws a Violation unless it holds.
inline void require(bool holds, const std::string& what) {
  if (!holds) throw Violation(what);
}

}  // namespace weir::simulation
