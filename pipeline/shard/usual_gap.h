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

  void add(std::int64_t advance_ms) {
    last_[next_] = advance_ms;
    next_ = next_ + 1 == kAdvances ? 0 : next_ + 1;
    if (count_ < kAdvances) ++count_;
  }
  bool empty() const { return count_ == 0; }
  /// In ms; 0 of a clock that never advanced.
  std::int64_t ms() const;

  void state(StateVisitor& visit);

 private:
  std::array<std::int64_t, kAdvances> last_{};
  std::uint32_t next_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace weir
