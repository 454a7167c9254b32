#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir {

/// The Kolmogorov-Smirnov distance between a fixed reference and a window whose values come and go.
///
/// Both distribution functions are constant between distinct reference values except that the
/// window's grows, so a window value only matters by its class: below, equal to or between them.
/// Cost: a binary search and O(log r) per value (`tested_often`), else O(1) after the search and
/// O(r) per distance. Memory: some 60 bytes (`tested_often`: 130) per distinct reference value.
class KsWindow {
 public:
  /// Input: the sorted reference; the size of a full window.
  KsWindow(std::span<const double> sorted_reference, std::size_t window, bool tested_often);

  void add(double value) { move(value, 1); }
  void remove(double value) { move(value, -1); }
  void clear();

  /// The two-sided distance of the full window in steps of 1 / lcm(reference, window).
  std::int64_t steps() const;

 private:
  /// A range of classes: the sum of its changes, and the extremes of its running sum (or 0).
  struct Range {
    std::int64_t sum = 0;
    std::int64_t high = 0;
    std::int64_t low = 0;

    Range then(const Range& next) const;
    static Range of(std::int64_t change);
  };

  std::size_t class_of(double value) const;
  void move(double value, std::int64_t count);
  void build();

  std::vector<double> distinct_;       // of the reference
  std::vector<std::int64_t> changes_;  // of F_reference - F_window in steps, by class
  std::vector<std::int64_t> empty_;    // the same while the window is empty
  std::int64_t step_of_value_ = 0;     // of one window value
  std::vector<Range> tree_;            // node 1 is the root; empty when not tested often
};

}  // namespace weir
