#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/core/sealed_bytes.h"

namespace weir {

/// What a shard saves by itself: a part of an operator's state, or (without names) the shard's own:
/// clock, sequence number, counts.
struct StateSection {
  std::string name;  // of the operator
  std::string part;  // StatePart::name
  std::uint64_t fingerprint = 0;  // of what the part depends on: another one cannot use it
  std::string bytes;
  std::vector<SealedBytes> sealed = {};  // what `bytes` names, for StateReader
};

}  // namespace weir
