#include "pipeline/shard/usual_gap.h"

#include <algorithm>

namespace weir {

std::int64_t UsualGap::ms() const {
  if (count_ == 0) return 0;
  std::array<std::int64_t, kAdvances> sorted = last_;  // while there are fewer, they are the first
  const auto middle = sorted.begin() + (count_ - 1) / 2;
  std::nth_element(sorted.begin(), middle, sorted.begin() + count_);
  return *middle;
}

void UsualGap::state(StateVisitor& visit) {
  visit(last_, next_, count_);
  const bool wraps = count_ == kAdvances;
  if (count_ > kAdvances || next_ >= kAdvances || (!wraps && next_ != count_))
    throw StateError("clock: the advances of a source are not a state");
}

}  // namespace weir
