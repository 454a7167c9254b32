#pragma once

#include "pipeline/config/config.h"
#include "pipeline/graph/graph.h"
#include "pipeline/yaml/problems.h"

namespace weir {

/// What several shards require of keys: every source has one; an operator's contains its sources';
/// and where rows of several sources meet, their keys mean the same thing, or rows and labels that
/// belong together would be in different shards. Number and types of the fields are checked;
/// different names may still mean the same: a warning.
void check_keys(const Config& config, const Graph& graph, Problems& problems);

}  // namespace weir
