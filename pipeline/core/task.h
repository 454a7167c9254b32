#pragma once

#include <cstdint>

namespace weir {

/// What a model learns and what its outcomes are judged as; the target's type decides it: a
/// boolean, a text or a number.
enum class Task : std::uint8_t { binary, classes, regression };

}  // namespace weir
