#pragma once

#include "pipeline/config/config.h"
#include "pipeline/graph/graph.h"

namespace weir {

/// Fills in the fingerprints of a graph that is put together: of each node (Node::fingerprint), of
/// each part of its state (Node::parts), and of everything that replay depends on: what is read of
/// the sources and how, every node, what the sinks write and how. `config` is the one that the
/// graph was made of.
void set_fingerprints(const Config& config, Graph& graph);

/// What decides the value of a source's field: its definition.
std::string source_field_text(const SourceNode& source, std::size_t field);

}  // namespace weir
