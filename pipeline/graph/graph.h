#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/core/schema.h"
#include "pipeline/yaml/problems.h"

namespace weir {

/// What flows along an edge: rows of one schema, emitted by a source or an operator.
struct Stream {
  std::string name;  // `fraud`, `fraud.outcomes`
  Schema schema;
  bool timed = true;         // rows have an event time of their own
  std::vector<bool> needed;  // per field: whether anything reads it
  StreamRole role = {};
  bool of_records = false;  // each row is one of a source's record, at its position
};

/// An operator in the graph; `inputs` and `outputs` are indices of streams.
struct Node {
  /// A part of its state, as its plan lists it.
  struct Part {
    StatePart state;
    std::uint64_t fingerprint = 0;  // of what the part depends on: equal keeps it
  };

  std::string name;
  const OperatorSpec* spec = nullptr;
  std::vector<std::size_t> inputs;
  std::vector<std::size_t> outputs;
  std::uint64_t fingerprint = 0;     // of type, options, fields used and arithmetic
  std::vector<std::size_t> sources;  // those whose rows reach it
  std::vector<std::set<std::size_t>> reads;  // per input: the fields it uses itself
  std::unique_ptr<const OperatorPlan> plan;  // null only while a mistake is being reported
  std::vector<Part> parts;                   // of its state, in the plan's order
};

struct SinkNode {
  std::string name;
  const SinkConfig* config = nullptr;
  std::vector<std::size_t> inputs;               // streams, as written
  std::vector<std::vector<std::size_t>> fields;  // per input: fields of its schema to write
  std::vector<std::vector<std::size_t>> key;     // per input: fields of its schema

  bool passes_headers() const { return config->spec && config->spec->passes_headers(); }
};

struct SourceNode {
  std::string name;
  const SourceConfig* config = nullptr;
  std::vector<FieldSpec> fields;          // with what is read, required and a label marked
  std::optional<std::size_t> time_field;  // else the record's timestamp
  /// What operators read it for. Where some read it for one thing and some for another: labels
  /// before table, so that no row meets its own label before it is scored, and both before rows.
  PortRole role = PortRole::rows;
};

/// A bound pipeline: every edge has a schema, every name is resolved. Immutable; shards share it.
/// It borrows from the Config it was made from.
struct Graph {
  std::string pipeline;
  std::deque<Stream> streams;       // the sources' first, in the order of `sources`
  std::vector<SourceNode> sources;  // in name order
  std::vector<Node> nodes;          // in an order in which inputs come before readers
  std::vector<SinkNode> sinks;      // in name order
  std::uint64_t fingerprint = 0;    // of everything that replay depends on

  /// The sources whose records reach a stream, in their order.
  std::vector<std::size_t> sources_of(std::size_t stream) const;

  /// The indices of `nodes` in name order.
  std::vector<std::size_t> by_name() const;

  struct PartIndex {
    std::size_t node, part;
  };
  /// Every part of the state by the names of operator and part: the order of state.
  std::vector<PartIndex> parts_by_name() const;
};

/// Binds the parts of a configuration; every mistake goes to `problems`. Returns nothing if there
/// was one (here or before).
std::optional<Graph> bind_graph(const Config& config, Problems& problems);

/// The graph for people: each edge with its schema. Format: text, dot or mermaid.
std::string graph_text(const Graph& graph);
std::string graph_dot(const Graph& graph);
std::string graph_mermaid(const Graph& graph);

}  // namespace weir
