#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "pipeline/core/state.h"

namespace weir {

/// How many different keys there were, up to three. A row without a key counts as one of its own.
class FewKeys {
 public:
  static constexpr std::size_t kMost = 3;

  void add(std::optional<std::uint64_t> key) {
    if (full()) return;
    const auto end = hashes_.begin() + count_;
    if (key && std::find(hashes_.begin(), end, *key) != end) return;
    hashes_[count_++] = key.value_or(0);
  }
  std::size_t count() const { return count_; }
  bool full() const { return count_ == kMost; }

  void state(StateVisitor& visit) {
    visit(hashes_, count_);
    if (count_ > kMost) throw StateError("clock: a source has more keys than are kept");
  }

 private:
  std::array<std::uint64_t, kMost> hashes_{};
  std::uint32_t count_ = 0;
};

}  // namespace weir
