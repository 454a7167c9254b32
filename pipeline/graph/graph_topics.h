#pragma once

#include "pipeline/graph/graph.h"
#include "pipeline/yaml/problems.h"

namespace weir {

/// What sources and sinks must not do with topics: read or write weir's own, which would go round
/// for ever or break the log of epochs (errors); read what is written (a warning: a filter may end
/// it).
void check_topics(const Graph& graph, Problems& problems);

}  // namespace weir
