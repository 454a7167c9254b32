#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/log.h"
#include "pipeline/engine/epoch.h"

namespace weir {

/// Names of what belongs to a pipeline.
std::string epochs_topic(const std::string& pipeline);        // weir.<pipeline>.epochs
std::string dead_letters_topic(const std::string& pipeline);  // <pipeline>.dead-letters
std::string shard_identity(const std::string& pipeline,
                           std::uint32_t shard);          // weir.<pipeline>.<s>
std::string consumer_group(const std::string& pipeline);  // weir.<pipeline>

/// Reads a shard's partition of the epochs topic from `from` to its end: the high watermark taken
/// now (call after fencing, so that nothing of an older owner can follow). Checks the chain and
/// that no epoch is missing. Throws LogFailure, or std::runtime_error when the records are not a
/// chain.
/// Stops after `most`, if it is given.
std::vector<EpochRecord> read_epochs(Log& log, const std::string& pipeline, std::uint32_t shard,
                                     std::int64_t from,
                                     std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace weir
