#pragma once

#include "pipeline/epochs/committer.h"
#include "pipeline/epochs/epoch_record.h"
#include "pipeline/runner/shard_machine.h"

namespace weir {

/// Commits a record without rows as the shard's next epoch, and waits for it: a beginning, a change
/// of the pipeline, lost input. Nothing may be in flight. Throws LogFailure.
void commit_alone(ShardMachine& machine, Committer& committer, EpochRecord record);

}  // namespace weir
