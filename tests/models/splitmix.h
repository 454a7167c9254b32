#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/core/splitmix64.h"

namespace weir {

/// Reproducible draws near N(0, 1), as the reference vectors are made of.
inline std::vector<double> normals(std::uint64_t seed, std::size_t count) {
  SplitMix64 random(seed);
  std::vector<double> values(count);
  for (double& value : values) value = random.sum12();
  return values;
}

}  // namespace weir
