#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "operators/labels/waiting_store.h"
#include "pipeline/core/batch.h"
#include "pipeline/core/state_visitors.h"

// Rows of a WaitingStore that were kept by another layout than that of the rows to come.

namespace weir {
namespace {

std::string save(WaitingStore& one) {
  std::string bytes;
  StateWriter writer(bytes);
  one.state(writer);
  return bytes;
}

/// Six rows of a layout that is no longer that of the rows to come: four lie in a sealed segment.
const WaitingLayout kOld{.numbers = {"a", "b"}, .texts = {"id", "old"}, .list = true};
const WaitingLayout kNew{.numbers = {"b", "c"}, .texts = {"id", "new"}, .list = true};
constexpr WaitingStore::Options kFours{.remember = 5'000, .segment_bits = 2};

WaitingStore six_rows() {
  WaitingStore rows(kOld, kFours);
  for (int i = 0; i < 6; ++i) {
    const std::string id = "id" + std::to_string(i);
    rows.add({.text = id}, 100 + i, {{1.0 * i, 10.0 * i}, {id, "old"}, {0.5 * i}});
  }
  return rows;
}

WaitingStore loaded(const std::string& bytes, const WaitingLayout& layout) {
  WaitingStore rows(layout, kFours);
  StateReader reader(bytes);
  rows.state(reader);
  EXPECT_EQ(reader.left(), 0u);
  return rows;
}

TEST(WaitingLayout, RowsOfAnotherLayoutGiveWhatTheyHaveAndNothingForTheRest) {
  WaitingStore old = six_rows();
  const std::string bytes = save(old);
  WaitingStore rows = loaded(bytes, kNew);
  EXPECT_EQ(save(rows), bytes) << "until a row comes it is the same state";
  WaitingRow row;
  for (std::uint64_t i = 0; i < 6; ++i) {
    rows.read(i, row);
    ASSERT_EQ(row.numbers.size(), 2u);
    EXPECT_EQ(row.numbers[0], 10.0 * static_cast<double>(i));
    EXPECT_TRUE(is_missing(row.numbers[1]));
    EXPECT_EQ(row.texts[0], "id" + std::to_string(i));
    EXPECT_TRUE(is_missing(row.texts[1]));
    EXPECT_EQ(row.list, std::vector<double>{0.5 * static_cast<double>(i)});
  }
}

TEST(WaitingLayout, RowsOfTwoLayoutsWaitSideBySide) {
  WaitingStore old = six_rows();
  WaitingStore rows = loaded(save(old), kNew);
  const std::uint64_t added = rows.add({.text = "x"}, 90, {{7, 8}, {"x", "new"}, {}});
  EXPECT_GT(added, 5u);
  rows = loaded(save(rows), kNew);  // with both layouts, and a segment that was closed early
  WaitingRow row;
  rows.read(added, row);
  EXPECT_EQ(row.numbers, (std::vector<double>{7, 8}));
  EXPECT_EQ(row.texts[1], "new");
  WaitingStore::Found found;
  rows.find({.text = "id5"}, found);
  ASSERT_EQ(found.waiting, std::vector<std::uint64_t>{5});
  rows.read(5, row);
  EXPECT_EQ(row.numbers[0], 50);
  EXPECT_EQ(rows.next_due()->number, added);
  std::vector<std::uint64_t> order;
  for (; rows.waiting() > 0; rows.drop(order.back())) order.push_back(rows.oldest());
  EXPECT_EQ(order, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, added}));
}

TEST(WaitingLayout, BackInItsOwnLayoutARowHasAllThatItHad) {
  WaitingStore old = six_rows();
  const std::string bytes = save(old);
  WaitingStore there = loaded(bytes, kNew);
  WaitingStore back = loaded(save(there), kOld);
  EXPECT_EQ(save(back), bytes);
  WaitingRow row;
  back.read(5, row);
  EXPECT_EQ(row.numbers, (std::vector<double>{5, 50}));
  EXPECT_EQ(row.texts[1], "old");
}

TEST(WaitingLayout, AnOpenSegmentWithoutRowsLeftIsLetGoWhenAnotherLayoutComes) {
  WaitingStore old = six_rows();
  for (std::uint64_t i = 0; i < 6; ++i) old.drop(i);
  WaitingStore rows = loaded(save(old), kNew);
  const std::uint64_t added = rows.add({.text = "x"}, 90, {{7, 8}, {"x", "new"}, {}});
  EXPECT_EQ(rows.oldest(), added);
  WaitingStore again = loaded(save(rows), kNew);
  EXPECT_EQ(save(again), save(rows));
}

TEST(WaitingLayout, RefusesRowsThatAreFoundByAnotherId) {
  WaitingStore old = six_rows();
  const std::string bytes = save(old);
  WaitingStore other({.numbers = {"a"}, .texts = {"other", "id"}, .list = true}, kFours);
  StateReader reader(bytes);
  EXPECT_THROW(other.state(reader), StateError);
}

}  // namespace
}  // namespace weir
