#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pipeline/core/state.h"

namespace weir {

/// The usual step of a clock: the median of its last 11 advances; of an even number, the lesser of
/// the two in the middle.
class UsualGap {
 public:
  static constexpr std::size_t kAdvances = 11;

  void add(std::int64_t advance_ms) { last_[count_++ % last_.size()] = advance_ms; }
  bool empty() const { return count_ == 0; }
  /// In ms; 0 of a clock that never advanced.
  std::int64_t ms() const;

  void state(StateVisitor& visit);

 private:
  std::array<std::int64_t, 16> last_{};  // a power of two: `add` is for every row
  std::uint64_t count_ = 0;              // of all advances
};

}  // namespace weir
