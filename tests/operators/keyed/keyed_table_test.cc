#include "operators/keyed/keyed_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "pipeline/core/state_visitors.h"

namespace weir {
namespace {

struct Count {
  std::int64_t rows = 0;
  void state(StateVisitor& visit) { visit(rows); }
};
using Table = KeyedTable<Count>;

std::vector<std::string> keys_of(Table& table) {
  std::vector<std::string> keys;
  table.each([&](std::string_view key, const Count&) { keys.emplace_back(key); });
  return keys;
}

std::string saved(Table& table) {
  std::string bytes;
  StateWriter writer(bytes);
  table.state(writer);
  return bytes;
}

TEST(KeyedTable, EvictsTheLeastRecentlyUsedKey) {
  Table table(3);
  for (const char* key : {"a", "b", "c", "a", "d"}) ++table.at(key, 0, 0).rows;
  EXPECT_EQ(keys_of(table), (std::vector<std::string>{"c", "a", "d"}));
  EXPECT_EQ(table.evicted(), 1u);
  EXPECT_EQ(table.at("a", 0, 0).rows, 2);
  EXPECT_EQ(table.at("b", 0, 0).rows, 0);  // cold again
}

TEST(KeyedTable, LookingUpChangesNothing) {
  Table table(2);
  ++table.at("a", 0, 0).rows;
  ++table.at("b", 0, 0).rows;
  EXPECT_EQ(table.find("a", 0)->rows, 1);
  EXPECT_EQ(table.find("c", 0), nullptr);
  table.at("c", 0, 0);
  EXPECT_EQ(keys_of(table), (std::vector<std::string>{"b", "c"}));
}

TEST(KeyedTable, ForgetsAKeyAfterItsTimeToLive) {
  Table table(10, 100);
  ++table.at("a", 1000, 1000).rows;
  EXPECT_EQ(table.at("a", 1100, 1100).rows, 1);  // exactly ttl: still there
  EXPECT_EQ(table.find("a", 1201), nullptr);
  EXPECT_EQ(table.at("a", 1201, 1100).rows, 0);
  EXPECT_EQ(table.expired(), 1u);
}

TEST(KeyedTable, ALateRowNeitherForgetsNorShortensALife) {
  Table table(10, 100);
  ++table.at("a", 1000, 900).rows;
  EXPECT_EQ(table.at("a", 850, 900).rows, 1);
  EXPECT_EQ(table.at("a", 1090, 900).rows, 1);
}

TEST(KeyedTable, FreesForgottenKeysWhenTheWatermarkPasses) {
  Table table(1000, 100);
  for (int i = 0; i < 500; ++i) table.at("k" + std::to_string(i), i, i);
  EXPECT_LE(table.size(), 102u);
}

TEST(KeyedTable, RestoresToTheSameBytesAndTheSameEvictions) {
  std::mt19937_64 random(7);
  Table table(50, 300);
  std::int64_t now = 0;
  const auto feed = [&](Table& to, std::uint64_t drawn, std::int64_t time) {
    return ++to.at("key" + std::to_string(drawn % 120), time, time - 20).rows;
  };
  for (int i = 0; i < 5000; ++i) feed(table, random(), ++now);
  const std::string bytes = saved(table);
  Table restored(50, 300);
  StateReader reader(bytes);
  restored.state(reader);
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_EQ(saved(restored), bytes);
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t drawn = random();
    ++now;
    ASSERT_EQ(feed(table, drawn, now), feed(restored, drawn, now));
  }
  EXPECT_EQ(saved(restored), saved(table));
}

TEST(KeyedTable, AgreesWithAMapUnderManyEvictions) {
  std::mt19937_64 random(11);
  Table table(100);
  std::map<std::string, std::int64_t> rows;
  std::vector<std::string> order;  // least recently used first
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = "k" + std::to_string(random() % 150);
    const auto at = std::find(order.begin(), order.end(), key);
    if (at != order.end())
      order.erase(at);
    else if (order.size() == 100) {
      rows.erase(order.front());
      order.erase(order.begin());
    }
    order.push_back(key);
    ASSERT_EQ(++table.at(key, i, i).rows, ++rows[key]);
  }
  EXPECT_EQ(keys_of(table), order);
}

TEST(KeyedTable, RefusesAStateThatIsBroken) {
  Table table(10);
  for (const char* key : {"a", "b", "c"}) table.at(key, 0, 0);
  const std::string bytes = saved(table);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Table other(10);
    StateReader reader(std::string_view(bytes).substr(0, size));
    EXPECT_THROW(other.state(reader), StateError) << size;
  }
}

TEST(KeyedTable, GivesUpKeysBeyondASmallerLimitWithTheNextRowOldestFirst) {
  Table table(10);
  for (const char* key : {"a", "b", "c", "d"}) ++table.at(key, 0, 0).rows;
  const std::string bytes = saved(table);
  Table small(2);
  StateReader reader(bytes);
  small.state(reader);
  EXPECT_EQ(saved(small), bytes) << "until then it is the same state";
  EXPECT_EQ(small.at("c", 0, 0).rows, 1);
  EXPECT_EQ(keys_of(small), (std::vector<std::string>{"d", "c"}));
  EXPECT_EQ(small.evicted(), 2u);
}

}  // namespace
}  // namespace weir
