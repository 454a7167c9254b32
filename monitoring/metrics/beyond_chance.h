#pragma once

#include <limits>

namespace weir {

/// How much of what `chance` leaves to be gained an accuracy gains: 1 is always right, 0 no better
/// than chance; NaN where chance is always right.
inline double beyond_chance(double accuracy, double chance) {
  if (chance == 1) return std::numeric_limits<double>::quiet_NaN();
  return (accuracy - chance) / (1 - chance);
}

}  // namespace weir
