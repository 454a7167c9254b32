#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "pipeline/core/state.h"

namespace weir {

/// The last `size` values, and when they are to be tested: each time they are full and cleared
/// (`every` = 0: the caller clears them), or when full and then after each `every` values.
/// Cost: O(1) per value. Memory: 8 bytes per value. State: as saved, or StateError.
class SlidingWindow {
 public:
  SlidingWindow(std::size_t size, std::size_t every) : size_(size), every_(every) {}

  struct Pushed {
    bool test = false;           // the window is full and a test is due
    std::optional<double> left;  // the value that had to go
  };

  Pushed push(double value) {
    Pushed pushed;
    if (values_.size() < size_) {
      values_.push_back(value);
      if (values_.size() < size_) return pushed;
    } else {
      pushed.left = std::exchange(values_[oldest_], value);
      oldest_ = oldest_ + 1 < size_ ? oldest_ + 1 : 0;
    }
    pushed.test = since_test_ == 0;
    since_test_ = since_test_ + 1 < every_ ? since_test_ + 1 : 0;
    return pushed;
  }

  /// In an order of their own that depends on nothing but the values pushed.
  std::span<const double> values() const { return values_; }

  void clear() {
    values_.clear();
    oldest_ = 0;
    since_test_ = 0;
  }

  void state(StateVisitor& visit) {
    visit(values_, oldest_, since_test_);
    if (values_.size() > size_ || oldest_ >= size_)
      throw StateError("a saved window is larger than its option allows");
  }

 private:
  std::size_t size_;
  std::size_t every_;
  std::vector<double> values_;  // a ring once it is full
  std::uint64_t oldest_ = 0;
  std::uint64_t since_test_ = 0;
};

}  // namespace weir
