#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
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
  std::size_t size() const { return ordered_.size() + others_.size(); }
  std::size_t bytes() const { return ordered_.bytes() + others_.capacity() * sizeof(Timer); }

  void push(Timer timer) {
    if (ordered_.size() == 0 || !(timer < ordered_.back())) {
      ordered_.push(timer);
    } else {
      others_.push_back(timer);
      std::push_heap(others_.begin(), others_.end(), later);
    }
  }

  /// The next timer; the queue must not be empty.
  const Timer& top() const { return ordered_is_next() ? ordered_.front() : others_.front(); }

  void pop() {
    if (ordered_is_next()) return ordered_.pop();
    std::pop_heap(others_.begin(), others_.end(), later);
    others_.pop_back();
  }

  /// Drops every timer for which `keep` is false: for owners whose timers lose their meaning.
  template <class Keep>
  void retain(Keep keep) {
    ordered_.retain(keep);
    std::erase_if(others_, [&](const Timer& timer) { return !keep(timer); });
    std::make_heap(others_.begin(), others_.end(), later);
  }

  void clear() { *this = {}; }

 private:
  /// A queue in chunks: it never moves, and gives back what it does not need.
  class Ordered {
   public:
    std::size_t size() const { return size_; }
    std::size_t bytes() const { return (chunks_.size() + (spare_ ? 1 : 0)) * sizeof(Chunk); }
    const Timer& front() const { return at(0); }
    const Timer& back() const { return at(size_ - 1); }

    void push(Timer timer) {
      if (head_ + size_ == chunks_.size() * kChunk)
        chunks_.push_back(spare_ ? std::move(spare_) : std::make_unique<Chunk>());
      ++size_;
      at(size_ - 1) = timer;
    }

    void pop() {
      ++head_;
      --size_;
      if (head_ < kChunk) return;
      head_ = 0;
      spare_ = std::move(chunks_.front());
      chunks_.erase(chunks_.begin());
    }

    template <class Keep>
    void retain(Keep keep) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < size_; ++i)
        if (keep(std::as_const(*this).at(i))) at(kept++) = at(i);
      size_ = kept;
      chunks_.resize((head_ + size_ + kChunk - 1) / kChunk);
    }

   private:
    static constexpr std::size_t kChunk = 1024;
    using Chunk = std::array<Timer, kChunk>;

    const Timer& at(std::size_t i) const {
      return (*chunks_[(head_ + i) / kChunk])[(head_ + i) % kChunk];
    }
    Timer& at(std::size_t i) { return (*chunks_[(head_ + i) / kChunk])[(head_ + i) % kChunk]; }

    std::vector<std::unique_ptr<Chunk>> chunks_;
    std::unique_ptr<Chunk> spare_;
    std::size_t head_ = 0;  // in the first chunk
    std::size_t size_ = 0;
  };

  static bool later(const Timer& a, const Timer& b) { return b < a; }

  bool ordered_is_next() const {
    if (others_.empty()) return true;
    return ordered_.size() > 0 && ordered_.front() < others_.front();
  }

  Ordered ordered_;            // ascending
  std::vector<Timer> others_;  // a heap
};

}  // namespace weir
