#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/epochs/cursor.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/epochs/epoch_record.h"
#include "pipeline/runner/notices.h"
#include "pipeline/runner/shard_input.h"
#include "pipeline/runner/shard_machine.h"

// What a shard does about input that was deleted before it was read or could be replayed.

namespace weir {

/// Why a shard stops; of lost input with what a person can do about it.
std::string with_way_out(const LogFailure& failure, const ShardInput& input);

/// Input that is missing between where a shard stands and what its partitions still hold.
struct Gap {
  std::vector<LostInput> lost;  // commands last; empty: nothing is missing
  Cursor after;                 // where every input continues
};
/// Throws LogFailure.
Gap find_gap(const ShardInput& input, World& world, const std::string& pipeline);
/// Records that are lost with a gap: rows, not commands.
std::uint64_t rows_of(const std::vector<LostInput>& lost);
/// Says what is passed over.
void report_gap(const Gap& gap, const ShardInput& input, const std::string& pipeline,
                Notices& notices);

/// Epochs that cannot be replayed: what they read, up to where their input continues.
struct Unreplayable {
  std::vector<LostInput> lost;  // by source and partition
  std::uint64_t rows = 0;
  Cursor after;
  /// The epoch that continued without them, if that was done before; it is not passed over itself.
  std::optional<EpochRecord> resumed;
};
/// Passes over the epochs after the machine's state, whose input continued at `at`: the machine
/// follows their records alone. Commands are still there: they are taken again. Throws
/// std::runtime_error: the pipeline changed meanwhile.
Unreplayable pass_over_epochs(ShardMachine& machine, EpochReader& epochs, Cursor at);

}  // namespace weir
