#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/core/state.h"

namespace weir {

/// Which of a field's last `window` rows lack a value. Cost: O(1). Memory: a bit per row.
class RecentMissing {
 public:
  explicit RecentMissing(std::size_t window) : window_(window), bits_((window + 63) / 64) {}

  void add(bool missing) {
    std::uint64_t& word = bits_[next_ / 64];
    const std::uint64_t bit = std::uint64_t{1} << (next_ % 64);
    missing_ -= (word & bit) != 0;
    missing_ += missing;
    word = missing ? word | bit : word & ~bit;
    if (++next_ == window_) next_ = 0;
    if (rows_ < window_) ++rows_;
  }

  /// Whether more than half of the window lacks a value; rows that have not come lack none.
  bool most() const { return 2 * missing_ > window_; }
  /// The share of the rows that have come, at most a window of them; 0 before the first.
  double share() const {
    return rows_ == 0 ? 0 : static_cast<double>(missing_) / static_cast<double>(rows_);
  }
  std::uint64_t missing() const { return missing_; }
  std::uint64_t rows() const { return rows_; }
  std::size_t window() const { return window_; }

  void state(StateVisitor& visit) {
    const std::size_t words = bits_.size();
    visit(bits_, next_, rows_, missing_);
    if (bits_.size() != words || next_ >= window_)
      throw StateError("drift: the saved window is not the one that the options give");
  }

 private:
  std::size_t window_;
  std::vector<std::uint64_t> bits_;
  std::uint64_t next_ = 0;  // the bit of the next row
  std::uint64_t rows_ = 0;
  std::uint64_t missing_ = 0;
};

}  // namespace weir
