#include "operators/keyed/key_slots.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace weir {
namespace {

/// Entries that are their hashes, so that a test decides where they meet.
struct Table {
  void add(std::uint64_t hash) {
    hashes.push_back(hash);
    while (slots.size() < 2 * hashes.size()) {
      slots.grow();
      for (std::uint32_t entry = 0; entry + 1 < hashes.size(); ++entry)
        if (!removed[entry]) slots.place(entry, hashes[entry]);
    }
    slots.place(static_cast<std::uint32_t>(hashes.size() - 1), hash);
  }
  void remove(std::uint32_t entry) {
    slots.remove(entry, [this](std::uint32_t each) { return hashes[each]; });
    removed[entry] = true;
  }
  std::uint32_t find(std::uint32_t entry) const {
    return slots.find(hashes[entry], [&](std::uint32_t each) { return each == entry; });
  }

  KeySlots slots;
  std::vector<std::uint64_t> hashes;
  std::map<std::uint32_t, bool> removed;
};

TEST(KeySlots, FindNothingWhileThereAreNone) {
  const KeySlots slots;
  EXPECT_EQ(slots.size(), 0u);
  EXPECT_EQ(slots.find(1, [](std::uint32_t) { return true; }), KeySlots::kNone);
}

TEST(KeySlots, AskForTheKeyOnlyWhereTheUpperHalfOfTheHashIsTheSame) {
  KeySlots slots;
  slots.grow();
  slots.place(0, 0x1'0000'0003);
  slots.place(1, 0x2'0000'0003);
  std::vector<std::uint32_t> asked;
  const std::uint32_t found = slots.find(0x2'0000'0003, [&](std::uint32_t entry) {
    asked.push_back(entry);
    return true;
  });
  EXPECT_EQ(found, 1u);
  EXPECT_EQ(asked, std::vector<std::uint32_t>{1});
}

TEST(KeySlots, TellApartKeysOfOneHash) {
  Table table;
  for (int i = 0; i < 3; ++i) table.add(7);
  for (std::uint32_t entry = 0; entry < 3; ++entry) EXPECT_EQ(table.find(entry), entry);
}

TEST(KeySlots, FindWhatIsLeftAfterARemovalAmongNeighboursEvenAroundTheEnd) {
  // Of 16 slots the last two and the first ones: one run of neighbours.
  const std::vector<std::uint64_t> hashes = {14, 14, 15, 14, 0, 15, 1};
  for (std::uint32_t gone = 0; gone < hashes.size(); ++gone) {
    Table table;
    for (const std::uint64_t hash : hashes) table.add(hash);
    ASSERT_EQ(table.slots.size(), 16u);
    table.remove(gone);
    for (std::uint32_t entry = 0; entry < hashes.size(); ++entry)
      EXPECT_EQ(table.find(entry), entry == gone ? KeySlots::kNone : entry) << gone;
  }
}

TEST(KeySlots, FindExactlyWhatIsThereAfterManyAdditionsAndRemovals) {
  std::mt19937_64 random(1);
  Table table;
  for (std::uint32_t entry = 0; entry < 3'000; ++entry) {
    table.add(random() % 512 << 32 | random() % 4'096);  // many of one home, some of one hash
    const auto one = static_cast<std::uint32_t>(random() % (entry + 1));
    if (random() % 2 == 0 && !table.removed[one]) table.remove(one);
  }
  for (std::uint32_t entry = 0; entry < 3'000; ++entry)
    EXPECT_EQ(table.find(entry), table.removed[entry] ? KeySlots::kNone : entry);
}

}  // namespace
}  // namespace weir
