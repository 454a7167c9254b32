#pragma once

#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weir {

/// The hash index of a table by key: from the hash of a key to the number of its entry. The table
/// keeps the entries, with their keys.
///
/// Open addressing with linear probing; what is removed leaves no mark behind. The table keeps at
/// least half of the slots free. Cost: about one comparison of keys a look-up. Memory: 8 bytes a
/// slot.
class KeySlots {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  static std::uint64_t hash_of(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

  /// A power of two, or 0 at first.
  std::size_t size() const { return slots_.size(); }

  /// The entry with this hash for which `has_key(entry)` is true, or kNone.
  template <class HasKey>
  std::uint32_t find(std::uint64_t hash, HasKey has_key) const {
    if (slots_.empty()) return kNone;
    for (std::size_t slot = home(hash); slots_[slot].entry != kNone; slot = next(slot))
      if (slots_[slot].hash == upper(hash) && has_key(slots_[slot].entry))
        return slots_[slot].entry;
    return kNone;
  }

  /// Adds an entry that is not there; a slot must be free.
  void place(std::uint32_t entry, std::uint64_t hash) {
    std::size_t slot = home(hash);
    while (slots_[slot].entry != kNone) slot = next(slot);
    slots_[slot] = {entry, upper(hash)};
  }

  /// Removes an entry that is there. `hash_of_entry(entry)` is the hash of any entry.
  template <class HashOfEntry>
  void remove(std::uint32_t entry, HashOfEntry hash_of_entry) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t hole = home(hash_of_entry(entry));
    while (slots_[hole].entry != entry) hole = next(hole);
    // Those after it move up, unless they are nearer to where they belong: no marks of the dead.
    for (std::size_t slot = next(hole); slots_[slot].entry != kNone; slot = next(slot)) {
      const std::size_t wanted = home(hash_of_entry(slots_[slot].entry));
      if (((slot - wanted) & mask) < ((slot - hole) & mask)) continue;
      slots_[hole] = slots_[slot];
      hole = slot;
    }
    slots_[hole] = {};
  }

  /// Doubles the slots and empties them all: the table places its entries again.
  void grow() { slots_.assign(std::max<std::size_t>(16, slots_.size() * 2), Slot{}); }

 private:
  struct Slot {
    std::uint32_t entry = kNone;
    std::uint32_t hash = 0;  // the upper half; the lower one decides the slot
  };

  static std::uint32_t upper(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  std::size_t home(std::uint64_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t next(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }

  std::vector<Slot> slots_;
};

}  // namespace weir
