#pragma once

#include <cstdint>

namespace weir {

/// Where a shard stood when it was finished.
struct ShardEnd {
  std::uint32_t shard = 0;
  std::uint64_t epoch = 0;  // the last
  std::uint64_t state_hash = 0, output_hash = 0;

  bool operator==(const ShardEnd&) const = default;
};

}  // namespace weir
