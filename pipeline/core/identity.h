#pragma once

#include <cmath>

namespace weir {

/// Whether a number cannot say whose row it is (`key`, `match`): from 2^53 on, whole numbers that
/// differ become one and the same double.
inline bool is_ambiguous(double number) { return std::abs(number) >= 0x1p53; }

}  // namespace weir
