#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "pipeline/core/state.h"

namespace weir {

/// The event times of a stream's last values, as many as its longest window so far has held (before
/// the first window: as many as fit). Cost: O(1). Memory: at most 1 MiB.
class RecentTimes {
 public:
  void add(std::int64_t time) {
    if (times_.size() >= 2 * keep_) trim();
    times_.push_back(time);
  }

  /// The earliest and latest time of the last `count` values, if all are known. Cost: O(count).
  std::optional<std::pair<std::int64_t, std::int64_t>> range(std::size_t count) const {
    if (count == 0 || count > times_.size()) return std::nullopt;
    const auto [first, last] =
        std::minmax_element(times_.end() - static_cast<std::ptrdiff_t>(count), times_.end());
    return std::pair(*first, *last);
  }

  /// Says how many values a window has held.
  void window(std::size_t count) {
    if (count <= longest_) return;
    longest_ = count;
    keep_ = std::clamp<std::size_t>(longest_, 1, kMost);
  }

  void state(StateVisitor& visit) { visit(times_, keep_, longest_); }

 private:
  static constexpr std::size_t kMost = 65'536;

  void trim() { times_.erase(times_.begin(), times_.end() - static_cast<std::ptrdiff_t>(keep_)); }

  std::vector<std::int64_t> times_;
  std::size_t keep_ = kMost;
  std::size_t longest_ = 0;
};

}  // namespace weir
