#include <gtest/gtest.h>

#include <string>

#include "operators/features/features.h"
#include "tests/operators/operator_harness.h"

// The state of `features` part by part: the keys, then each aggregate.

namespace weir {
namespace {

OperatorBench bench(const std::string& aggregates, const std::string& more = "") {
  return {make_features(),
          R"({"input": "rows", "key": ["card"], "aggregates": {)" + aggregates + "}" + more + "}",
          {FakeBinding::Port{{{{"card", Type::text}, {"x", Type::number}}}, true}}};
}

InputRow row(std::int64_t time, std::string_view card, double x) {
  return {time, {cell(card), cell(x)}};
}

std::string saved(OperatorBench& from, std::size_t part) {
  std::string bytes;
  StateWriter writer(bytes);
  from.running().state(writer, part);
  return bytes;
}

void load(OperatorBench& to, std::size_t part, const std::string& bytes) {
  StateReader reader(bytes);
  to.running().state(reader, part);
  EXPECT_EQ(reader.left(), 0u);
}

const std::string kTotal = R"("total": {"sum": "x"})";
const std::string kLast = R"("text": {"last": "card"})";
const std::string kLeast = R"("least": {"min": "x"})";

TEST(FeaturesParts, AnAggregateThatIsAddedStartsColdBesideTheOthersOfTheSameKeys) {
  OperatorBench before = bench(kTotal + "," + kLast);
  before.run({row(1, "a", 1), row(2, "b", 10), row(3, "a", 2)});
  OperatorBench after = bench(kLeast + "," + kLast + "," + kTotal);
  load(after, 0, saved(before, 0));
  load(after, 3, saved(before, 1));
  load(after, 2, saved(before, 2));
  EXPECT_EQ(saved(after, 3), saved(before, 1));
  const auto rows = after.main_rows({row(4, "a", 5), row(5, "a", 6), row(6, "c", 1)});
  EXPECT_EQ(rows[0].cells[2], Cell()) << "least";
  EXPECT_EQ(rows[0].cells[3], cell("a"));
  EXPECT_EQ(rows[0].cells[4], cell(3.0));
  EXPECT_EQ(rows[1].cells[2], cell(5.0));
  EXPECT_EQ(rows[1].cells[4], cell(8.0));
  EXPECT_EQ(rows[2].cells[4], Cell());
}

TEST(FeaturesParts, AnAggregateThatIsRemovedLeavesTheOthersAsTheyWere) {
  OperatorBench before = bench(kTotal + "," + kLeast);
  before.run({row(1, "a", 1), row(2, "b", 10)});
  OperatorBench after = bench(kLeast);
  load(after, 0, saved(before, 0));
  load(after, 1, saved(before, 2));
  before.run({row(3, "a", 7)});
  after.run({row(3, "a", 7)});
  EXPECT_EQ(saved(after, 0), saved(before, 0));
  EXPECT_EQ(saved(after, 1), saved(before, 2));
}

TEST(FeaturesParts, KeysBeyondASmallerLimitGoWithTheNextRowAndTheirAggregatesToo) {
  OperatorBench before = bench(kTotal);
  before.run({row(1, "a", 1), row(2, "b", 10), row(3, "c", 100)});
  OperatorBench after = bench(kTotal, R"(, "max_keys": 2)");
  for (std::size_t part : {0u, 1u}) load(after, part, saved(before, part));
  EXPECT_EQ(saved(after, 1), saved(before, 1));
  const auto rows = after.main_rows({row(4, "c", 1), row(5, "b", 1), row(6, "a", 1)});
  EXPECT_EQ(rows[0].cells[2], cell(100.0));
  EXPECT_EQ(rows[1].cells[2], cell(10.0));
  EXPECT_EQ(rows[2].cells[2], Cell()) << "a was the least used";
}

TEST(FeaturesParts, RefusesAnAggregateOfOtherKeys) {
  OperatorBench two = bench(kTotal), one = bench(kTotal);
  two.run({row(1, "a", 1), row(2, "b", 10)});
  one.run({row(1, "a", 1)});
  OperatorBench after = bench(kTotal);
  load(after, 0, saved(one, 0));
  const std::string bytes = saved(two, 1);
  StateReader reader(bytes);
  EXPECT_THROW(after.running().state(reader, 1), StateError);
}

}  // namespace
}  // namespace weir
