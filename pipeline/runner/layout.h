#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "pipeline/graph/graph.h"

namespace weir {

/// What a shard starts with, the same for all shards: resolved once, pinned by epoch 0.
struct Layout {
  std::vector<std::int32_t> source_partitions;  // per source
  std::vector<std::int32_t> output_partitions;  // per sink, then the dead letters
  std::vector<std::string> topics;              // per sink, dead letters, epochs
  std::vector<std::int64_t> retention_ms = {};  // per source; -1: for ever
  std::uint32_t shards = 1;
  /// Largest record that all of the topics take: key, value and headers.
  std::size_t max_record_bytes = std::numeric_limits<std::size_t>::max();
};

/// Per sink, then the dead letters.
std::vector<std::string> output_topics(const Graph& graph);

}  // namespace weir
