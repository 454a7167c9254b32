#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

/// Timers in event time, taken out by due time, equal ones in order of creation (`number`).
///
/// Timers that come in order (the usual case: event times rise and every wait is equal) go to the
/// end of a queue; the others into a heap. What is taken out does not depend on which.
/// Cost: O(1) in order, else O(log n). Memory: 16 bytes a timer; no allocation on a steady stream.
class TimerQueue {
 public:
  struct Timer {
    std::int64_t due = 0;
    std::uint64_t number = 0;

    bool operator<(const Timer& other) const {
      return due != other.due ? due < other.due : number < other.number;
    }
  };

  bool empty() const { return size() == 0; }
  std::size_t size() const { return ordered_.size() - head_ + others_.size(); }

  void push(Timer timer) {
    if (head_ == ordered_.size() || !(timer < ordered_.back())) {
      ordered_.push_back(timer);
    } else {
      others_.push_back(timer);
      std::push_heap(others_.begin(), others_.end(), later);
    }
  }

  /// The next timer; the queue must not be empty.
  const Timer& top() const { return ordered_is_next() ? ordered_[head_] : others_.front(); }

  void pop() {
    if (!ordered_is_next()) {
      std::pop_heap(others_.begin(), others_.end(), later);
      others_.pop_back();
      return;
    }
    ++head_;
    if (head_ > kSlack && 2 * head_ > ordered_.size()) {
      ordered_.erase(ordered_.begin(), ordered_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }

  /// Drops every timer for which `keep` is false: for owners whose timers lose their meaning.
  template <class Keep>
  void retain(Keep keep) {
    const auto drops = [&](const Timer& timer) { return !keep(timer); };
    ordered_.erase(ordered_.begin(), ordered_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
    std::erase_if(ordered_, drops);
    std::erase_if(others_, drops);
    std::make_heap(others_.begin(), others_.end(), later);
  }

  void clear() {
    ordered_.clear();
    others_.clear();
    head_ = 0;
  }

 private:
  static constexpr std::size_t kSlack = 1024;
  static bool later(const Timer& a, const Timer& b) { return b < a; }

  bool ordered_is_next() const {
    if (others_.empty()) return true;
    return head_ < ordered_.size() && ordered_[head_] < others_.front();
  }

  std::vector<Timer> ordered_;  // ascending from head_
  std::size_t head_ = 0;
  std::vector<Timer> others_;  // a heap
};

}  // namespace weir
