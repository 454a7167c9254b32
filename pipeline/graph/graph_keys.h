#pragma once

#include "pipeline/config/config.h"
#include "pipeline/graph/graph.h"
#include "pipeline/yaml/problems.h"

namespace weir {

/// What several shards ask of keys: every source has one; an operator's contains its sources'; and
/// where rows of several sources meet, the sources' keys are the same thing, or rows and labels
/// that belong together would lie in different shards. Of that, types and number of fields are
/// checked; other names may mean the same: a warning.
void check_keys(const Config& config, const Graph& graph, Problems& problems);

}  // namespace weir
