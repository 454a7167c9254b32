#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/graph/graph.h"

namespace weir {

/// A part of an operator's state as people read it: `fraud, model`; `quality` where the operator
/// has one part alone, named `state`.
std::string part_name(std::string_view name_of_operator, std::string_view part);

/// The state that a pipeline has: its operators in name order, with the parts of each. A copy that
/// outlives the graph.
struct StateOutline {
  struct Of {
    std::string name;  // of the operator
    std::vector<Node::Part> parts;
  };
  std::vector<Of> operators;

  static StateOutline of(const Graph& graph);
  std::size_t parts() const;
};

/// What becomes of the state of one pipeline in another.
struct StateChange {
  struct Cold {
    std::string name, part;  // an empty part: the whole operator
    std::string why;         // `it is new`, `steps changed`
  };
  std::vector<Cold> cold;             // begin without state
  std::vector<std::string> gone;      // part_name of what nobody uses any more
  std::vector<std::string> warnings;  // of parts that are kept
  std::size_t kept = 0, parts = 0;    // of the later pipeline

  /// A sentence for each thing that happens, without what is merely kept.
  std::vector<std::string> sentences() const;
};

/// Which parts `now` keeps of the state of `before`, and why it does not keep others. `reset`: the
/// operators that are to begin cold whatever they depend on.
StateChange compare_parts(const StateOutline& before, const StateOutline& now,
                          std::span<const std::string> reset = {});

}  // namespace weir
