#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

/// Row numbers by the hash of their id; several rows may have one hash. It is an index only: it
/// names candidates, whose owner knows the whole hash; and it is rebuilt from them, never saved.
///
/// 64 tables by the hash, so that growing is never long; open addressing with linear probing, at
/// most two thirds full; removal shifts back, so nothing is left behind. Cost: O(1). Memory: 8
/// bytes a slot: 24 more bits of the hash, which also say where a slot belongs, and the number
/// modulo 2^40 - 1. Limit: the numbers in it span less than that.
class HashMultimap {
 public:
  void add(std::uint64_t hash, std::uint64_t number) {
    table(hash).add(slot_of(hash, number));
    newest_ = std::max(newest_, number);
  }

  void remove(std::uint64_t hash, std::uint64_t number) {
    table(hash).remove(slot_of(hash, number));
  }

  /// Calls `visit(number)` for every row with this hash, in no promised order, and for some others.
  template <class Visit>
  void each(std::uint64_t hash, Visit visit) const {
    tables_[hash >> (64 - kTableBits)].each(slot_of(hash, 0),
                                            [&](std::uint64_t slot) { visit(number_of(slot)); });
  }

  std::size_t size() const {
    std::size_t sum = 0;
    for (const Table& one : tables_) sum += one.size;
    return sum;
  }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const Table& one : tables_) sum += one.slots.capacity() * sizeof one.slots[0];
    return sum;
  }
  void clear() { *this = {}; }

 private:
  static constexpr int kTableBits = 6;
  static constexpr int kNumberBits = 40;
  static constexpr std::uint64_t kNumbers = (std::uint64_t{1} << kNumberBits) - 1;

  struct Table {
    std::vector<std::uint64_t> slots;  // 0: free
    std::size_t size = 0;

    std::size_t mask() const { return slots.size() - 1; }
    /// By the share of the table that the hash's bits are of theirs: in a table of more than 2^24
    /// slots homes lie apart, and chains are longer; growing goes through both in order.
    std::size_t home(std::uint64_t slot) const {
      return (slot >> kNumberBits) * slots.size() >> (64 - kNumberBits);
    }

    void add(std::uint64_t slot) {
      if (3 * (size + 1) > 2 * slots.size()) grow();
      insert(slot);
      ++size;
    }

    void insert(std::uint64_t slot) {
      std::size_t at = home(slot);
      while (slots[at] != 0) at = (at + 1) & mask();
      slots[at] = slot;
    }

    void grow() {
      std::vector<std::uint64_t> old(slots.empty() ? 8 : 2 * slots.size());
      old.swap(slots);
      for (const std::uint64_t slot : old)
        if (slot != 0) insert(slot);
    }

    void remove(std::uint64_t slot) {
      std::size_t at = home(slot);
      while (slots[at] != slot) at = (at + 1) & mask();
      --size;
      for (std::size_t next = (at + 1) & mask(); slots[next] != 0; next = (next + 1) & mask()) {
        // One may not go before its home.
        if (((next - home(slots[next])) & mask()) < ((next - at) & mask())) continue;
        slots[at] = slots[next];
        at = next;
      }
      slots[at] = 0;
    }

    template <class Visit>
    void each(std::uint64_t like, Visit visit) const {
      if (slots.empty()) return;
      for (std::size_t at = home(like); slots[at] != 0; at = (at + 1) & mask())
        if (slots[at] >> kNumberBits == like >> kNumberBits) visit(slots[at]);
    }
  };

  Table& table(std::uint64_t hash) { return tables_[hash >> (64 - kTableBits)]; }

  // The bits of the hash after the table's, then the number plus one: never 0.
  static std::uint64_t slot_of(std::uint64_t hash, std::uint64_t number) {
    return (hash << kTableBits >> kNumberBits << kNumberBits) | (number % kNumbers + 1);
  }
  std::uint64_t number_of(std::uint64_t slot) const {
    const std::uint64_t low = (slot & kNumbers) - 1;
    const std::uint64_t newest = newest_ % kNumbers;
    return newest_ - (newest >= low ? newest - low : newest + kNumbers - low);
  }

  std::array<Table, std::size_t{1} << kTableBits> tables_;
  std::uint64_t newest_ = 0;
};

}  // namespace weir
