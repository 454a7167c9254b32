#include "pipeline/shard/usual_gap.h"

#include <algorithm>
#include <cstddef>

namespace weir {

std::int64_t UsualGap::ms() const {
  if (count_ == 0) return 0;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(count_, kAdvances));
  std::array<std::int64_t, kAdvances> sorted{};
  for (std::size_t i = 0; i < count; ++i) sorted[i] = last_[(count_ - 1 - i) % last_.size()];
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count);
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((count - 1) / 2);
  std::nth_element(sorted.begin(), middle, end);
  return *middle;
}

void UsualGap::state(StateVisitor& visit) { visit(last_, count_); }

}  // namespace weir
