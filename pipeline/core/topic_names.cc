#include "pipeline/core/topic_names.h"

#include <fmt/format.h>

namespace weir {

std::string epochs_topic(const std::string& pipeline) { return "weir." + pipeline + ".epochs"; }

std::string control_topic(const std::string& pipeline) { return "weir." + pipeline + ".control"; }

std::string dead_letters_topic(const std::string& pipeline) { return pipeline + ".dead-letters"; }

std::string shard_identity(const std::string& pipeline, std::uint32_t shard) {
  return fmt::format("weir.{}.{}", pipeline, shard);
}

std::string consumer_group(const std::string& pipeline) { return "weir." + pipeline; }

}  // namespace weir
