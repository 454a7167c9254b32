#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir {

/// The indicator columns whose weights changed since a copy of them was made: with a million
/// columns, and some thousand rows between two copies, far fewer than all.
///
/// Cost: O(indicators of a row) to add; a copy, O(columns touched). Memory: 4 bytes a column that a
/// row had, until they are as many as there are columns: then it is all of them, and none is kept.
/// Not state: whoever loads weights says `all`.
class TouchedColumns {
 public:
  /// A row's indicators; `columns`: how many have weights.
  void add(std::span<const std::uint32_t> indicators, std::size_t columns) {
    if (!all_) append(indicators, columns);
  }
  void all() {
    all_ = true;
    touched_.clear();
  }
  void none() {
    all_ = false;
    touched_.clear();
  }

  /// Whether the weights touched are finite.
  bool finite(const std::vector<double>& weights) const;

  /// Makes `copy` equal to `weights`, from which it differs in the columns touched at most.
  void copy(const std::vector<double>& weights, std::vector<double>& copy) const;

 private:
  void append(std::span<const std::uint32_t> indicators, std::size_t columns);

  bool all_ = false;
  std::vector<std::uint32_t> touched_;
};

}  // namespace weir
