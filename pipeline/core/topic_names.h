#pragma once

#include <cstdint>
#include <string>

namespace weir {

/// weir.<pipeline>.epochs: a partition for each shard, one record for each epoch.
std::string epochs_topic(const std::string& pipeline);
/// weir.<pipeline>.control: one partition, which every shard reads as input.
std::string control_topic(const std::string& pipeline);
/// <pipeline>.dead-letters
std::string dead_letters_topic(const std::string& pipeline);
/// weir.<pipeline>.<shard>: the transactional id of a shard's writer.
std::string shard_identity(const std::string& pipeline, std::uint32_t shard);
/// weir.<pipeline>
std::string consumer_group(const std::string& pipeline);

}  // namespace weir
