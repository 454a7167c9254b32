#pragma once

#include "pipeline/config/config.h"
#include "pipeline/graph/graph.h"
#include "pipeline/graph/graph_binding.h"
#include "pipeline/yaml/problems.h"

namespace weir {

/// What several shards require of keys: every source has one; an operator's contains its sources';
/// and where rows of several sources meet, their keys mean the same thing, or rows and labels that
/// belong together would be in different shards. Number and types of the fields are checked;
/// different names may still mean the same: a warning.
void check_keys(const Config& config, const Graph& graph, Problems& problems);

/// Says of the fields of every source's and sink's `key:` that they say whose row it is, as
/// operators do of theirs.
void identify_keys(GraphDraft& draft);

}  // namespace weir
