#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

/// Reproducible draws of tests and reference vectors. Source: Steele, Lea, Flood 2014, OOPSLA.
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// Nearly N(0, 1): the sum of twelve uniforms less 6.
  double normal() {
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum - 6;
  }

 private:
  std::uint64_t state_;
};

inline std::vector<double> normals(std::uint64_t seed, std::size_t count) {
  SplitMix random(seed);
  std::vector<double> values(count);
  for (double& value : values) value = random.normal();
  return values;
}

}  // namespace weir
