#pragma once

#include <cstdint>
#include <limits>

#include "pipeline/core/state.h"

namespace weir {

/// Count, mean and variance of a stream of numbers. The mean is kept as a distance from the first
/// value, so that at a mean of 1e6 or 1e9 nothing is rounded that the values themselves still hold.
/// Cost: O(1) time and memory. Source: Welford 1962, Technometrics 4:419.
struct Moments {
  std::uint64_t count = 0;
  double origin = 0;   // the first value
  double offset = 0;   // mean - origin
  double squares = 0;  // sum of squared distances from the mean

  void add(double value) {
    if (++count == 1) origin = value;
    const double from_origin = value - origin;
    const double from_old = from_origin - offset;
    offset += from_old / static_cast<double>(count);
    squares += from_old * (from_origin - offset);
  }

  double mean() const { return origin + offset; }

  /// Of a sample (divided by count - 1); NaN below two values.
  double variance() const {
    if (count < 2) return std::numeric_limits<double>::quiet_NaN();
    return squares / static_cast<double>(count - 1);
  }

  void state(StateVisitor& visit) { visit(count, origin, offset, squares); }
};

/// The distance between two means, exact to the last digits of the values.
inline double mean_difference(const Moments& x, const Moments& y) {
  return (x.origin - y.origin) + (x.offset - y.offset);
}

}  // namespace weir
