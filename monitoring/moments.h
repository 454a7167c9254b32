#pragma once

#include <cstdint>
#include <limits>

#include "pipeline/core/state.h"

namespace weir {

/// Count, mean and variance of a stream of numbers, without cancellation at large means.
/// Cost: O(1) time and memory. Source: Welford 1962, Technometrics 4:419.
struct Moments {
  std::uint64_t count = 0;
  double mean = 0;
  double squares = 0;  // sum of squared distances from the mean

  void add(double value) {
    ++count;
    const double from_old = value - mean;
    mean += from_old / static_cast<double>(count);
    squares += from_old * (value - mean);
  }

  /// Of a sample (divided by count - 1); NaN below two values.
  double variance() const {
    if (count < 2) return std::numeric_limits<double>::quiet_NaN();
    return squares / static_cast<double>(count - 1);
  }

  void state(StateVisitor& visit) { visit(count, mean, squares); }
};

}  // namespace weir
