#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/core/sealed_bytes.h"

namespace weir {

/// A part of a shard's state that stands by itself: an operator's, or (without a name) the shard's
/// own: clock, sequence number, counts.
struct StateSection {
  std::string name;
  std::uint64_t fingerprint = 0;  // of the operator: another one cannot use it
  std::string bytes;
  std::vector<SealedBytes> sealed = {};  // what `bytes` names, for StateReader
};

}  // namespace weir
