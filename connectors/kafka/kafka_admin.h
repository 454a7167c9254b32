#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"

namespace weir::kafka {

/// Asks the controller for a new topic, with the broker's own replication. That it exists already
/// is no error. Throws LogFailure, as all of these do.
void request_topic(Client& client, const std::string& topic, std::int32_t partitions,
                   const std::map<std::string, std::string>& settings);

/// The settings of topics, the broker's defaults included (DescribeConfigs), in one request.
std::vector<TopicSettings> describe_topics(Client& client, const std::vector<std::string>& topics);

/// Moves the beginning of a partition up to an offset (DeleteRecords).
void delete_before(Client& client, const std::string& topic, std::int32_t partition,
                   std::int64_t before);

}  // namespace weir::kafka
