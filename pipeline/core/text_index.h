#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/state.h"

namespace weir {

/// Numbers texts 0, 1, 2 ... in order of first appearance; nothing is ever removed.
///
/// Cost: one hash (XXH3) and about one comparison per look-up, no allocation for a text seen
/// before. Memory: the texts and 8 bytes each. State: the texts in their order.
class TextIndex {
 public:
  std::optional<std::uint32_t> find(std::string_view text) const;
  /// The number of `text`, which is added when it is new.
  std::uint32_t add(std::string_view text);

  std::size_t size() const { return texts_.size(); }
  const std::string& operator[](std::uint32_t number) const { return texts_[number]; }

  void state(StateVisitor& visit);

 private:
  std::size_t slot_of(std::string_view text) const;
  void grow();

  std::vector<std::string> texts_;
  std::vector<std::uint32_t> slots_;  // number + 1, 0: free; a power of two, at most half full
};

}  // namespace weir
