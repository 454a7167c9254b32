#pragma once

#include "pipeline/config/config.h"
#include "pipeline/graph/graph.h"
#include "pipeline/runner/layout.h"
#include "pipeline/runner/world.h"

namespace weir {

/// Checks the topics of a pipeline and creates weir's own and missing outputs. `create` false:
/// creates nothing, so a missing topic is an error. Throws LogFailure: `refused` with everything
/// that is wrong with the topics, others from the log.
Layout prepare_topics(const Graph& graph, const Config& config, World& world, bool create);

}  // namespace weir
