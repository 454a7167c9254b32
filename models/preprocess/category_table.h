#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/state.h"

namespace weir {

/// Gives each text a place from 0 to `max` - 1, in order of first appearance; when all are taken, a
/// new text gets the place of the text that was not observed for longest.
///
/// Cost: one hash (XXH3) and about one comparison a text, no allocation for a known one. Memory:
/// the texts and 16 bytes each. State: the texts by place, and the order in which they were
/// observed.
class CategoryTable {
 public:
  explicit CategoryTable(std::size_t max) : max_(max) {}

  struct Observed {
    std::uint32_t place = 0;
    bool is_new = false;
    bool took_over = false;  // new, at the place of another text, which is no longer known
  };

  std::optional<std::uint32_t> find(std::string_view text) const;
  /// Makes `text` the one observed last; adds it when it is new.
  Observed observe(std::string_view text);

  std::size_t size() const { return texts_.size(); }
  bool full() const { return texts_.size() == max_; }

  void state(StateVisitor& visit);

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  std::size_t slot_of(std::string_view text) const;
  void enter(std::uint32_t place);
  void erase(std::uint32_t place);
  void rebuild(std::size_t slots);
  void unlink(std::uint32_t place);
  void link_newest(std::uint32_t place);

  std::size_t max_;
  std::vector<std::string> texts_;    // by place
  std::vector<std::uint32_t> slots_;  // place + 1, 0: free; a power of two, at most half full
  std::vector<std::uint32_t> older_;  // by place: the text observed before it, or kNone
  std::vector<std::uint32_t> newer_;  // and after it
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
};

}  // namespace weir
