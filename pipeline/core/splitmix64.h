#pragma once

#include <cstdint>

namespace weir {

/// Random numbers that any language can repeat: splitmix64 (Steele, Lea, Flood 2014, OOPSLA). Draw
/// k (from 0) is a function of seed + (k + 1) * 0x9E3779B97F4A7C15, so draws can be made out of
/// order.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
  }

  /// Uniform in [0, 1): the upper 53 bits times 2^-53.
  double u01() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// Nearly N(0, 1): twelve u01 added from left to right, less 6; never beyond 6 in size.
  double sum12() {
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += u01();
    return sum - 6;
  }

 private:
  std::uint64_t state_;
};

}  // namespace weir
