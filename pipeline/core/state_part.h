#pragma once

#include <string>
#include <vector>

namespace weir {

/// A part of an operator's state that is saved, kept and lost by itself: what a model learned, the
/// rows that wait for its labels. When a pipeline changes, a part is kept if it depends on the same
/// facts as before.
struct StatePart {
  /// Something outside the part that decides what the part means.
  struct Fact {
    std::string what;  // for people: `steps`, `field amount`; empty: `is` says it, a JSON object
    std::string is;    // its value, in a canonical form: an option as JSON, a field's definition
    bool operator==(const Fact&) const = default;
  };

  std::string name;           // unique in its operator: `model`, `aggregate tx_1h`
  std::vector<Fact> depends;  // if one changes, the part begins cold
  /// Definitions that the part was made with. If one changes, it is kept, and the start warns.
  std::vector<Fact> made_with = {};

  bool operator==(const StatePart&) const = default;
};

}  // namespace weir
