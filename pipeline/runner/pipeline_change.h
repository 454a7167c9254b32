#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "pipeline/epochs/committer.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/shard_machine.h"

namespace weir {

/// What a person wants changed at the start, besides the file.
struct ChangeWish {
  std::size_t record_bytes = 0;          // the largest output that the log takes
  std::span<const std::string> reset;    // operators that are to start cold
};

/// Whether the shard, which stands at the log's end, is not what the file and the log want.
/// Throws LogFailure.
bool needs_change(const ShardMachine& machine, const ChangeWish& wish);

/// The pipeline of the file comes into force, recorded as an epoch of its own; its input is
/// opened. Throws LogFailure, std::runtime_error.
void record_change(ShardMachine& machine, const ChangeWish& wish, Committer& committer,
                   Notices& notices);

}  // namespace weir
