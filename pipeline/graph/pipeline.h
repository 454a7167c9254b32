#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pipeline/config/config.h"
#include "pipeline/graph/graph.h"

namespace weir {

/// A pipeline: its configuration and its graph, which borrows from it. Neither moves.
struct Pipeline {
  Config config;
  std::optional<Graph> graph;  // nothing when there was a mistake
};

/// Reads and binds a pipeline; every mistake goes to `problems`.
std::unique_ptr<Pipeline> read_pipeline(const ConfigInput& input, const Vocabulary& vocabulary,
                                        Problems& problems);

/// The pipeline that an epoch recorded (resolved_config). Throws std::runtime_error when this
/// program cannot read it.
std::unique_ptr<Pipeline> read_recorded(const std::string& resolved, const Vocabulary& vocabulary);

}  // namespace weir
