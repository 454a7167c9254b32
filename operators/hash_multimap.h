#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

/// Row numbers by the hash of their id; several rows may have one hash. It is an index only: rows
/// are looked at by their owner, and it is rebuilt from them, never saved.
///
/// Open addressing with linear probing, at most two thirds full; removal shifts back, so nothing is
/// left behind. Cost: O(1). Memory: 16 bytes a slot.
class HashMultimap {
 public:
  void add(std::uint64_t hash, std::uint64_t number) {
    if (3 * (size_ + 1) > 2 * slots_.size()) grow();
    insert({hash, number + 1});
    ++size_;
  }

  void remove(std::uint64_t hash, std::uint64_t number) {
    std::size_t at = hash & mask();
    while (slots_[at].hash != hash || slots_[at].number != number + 1) at = (at + 1) & mask();
    --size_;
    for (std::size_t next = (at + 1) & mask(); slots_[next].number != 0;
         next = (next + 1) & mask()) {
      const std::size_t home = slots_[next].hash & mask();
      if (((next - home) & mask()) < ((next - at) & mask())) continue;  // it may not go before home
      slots_[at] = slots_[next];
      at = next;
    }
    slots_[at] = {};
  }

  /// Calls `visit(number)` for every row with this hash, in no promised order.
  template <class Visit>
  void each(std::uint64_t hash, Visit visit) const {
    if (slots_.empty()) return;
    for (std::size_t at = hash & mask(); slots_[at].number != 0; at = (at + 1) & mask())
      if (slots_[at].hash == hash) visit(slots_[at].number - 1);
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

  void clear() {
    slots_.clear();
    size_ = 0;
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint64_t number = 0;  // plus one; 0: free
  };

  std::size_t mask() const { return slots_.size() - 1; }

  void insert(Slot slot) {
    std::size_t at = slot.hash & mask();
    while (slots_[at].number != 0) at = (at + 1) & mask();
    slots_[at] = slot;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.number != 0) insert(slot);
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace weir
