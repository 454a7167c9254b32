#include "operators/filter.h"

#include <gtest/gtest.h>

#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

const FakeBinding::Port kPort{{{{"x", Type::number}, {"name", Type::text}}}};

OperatorBench bench(std::string_view options) { return {make_filter(), options, {kPort}}; }

std::vector<InputRow> rows() {
  std::vector<InputRow> rows;
  for (int i = 0; i < 100; ++i)
    rows.push_back({i, {i % 7 == 0 ? missing() : cell(i % 5), cell("n" + std::to_string(i % 3))}});
  return rows;
}

TEST(Filter, PassesOnlyRowsForWhichTheExpressionIsTrue) {
  OperatorBench filter = bench(R"({"input": "s", "when": "x > 2"})");
  ASSERT_TRUE(filter.ok());
  const std::vector<InputRow> in = rows();
  std::vector<OutputRow> expected;
  for (std::size_t i = 0; i < in.size(); ++i)
    if (i % 7 != 0 && i % 5 > 2) expected.push_back({i, in[i].cells});
  EXPECT_EQ(filter.run(in)[0], expected);
}

TEST(Filter, GivesTheSameRowsInStepsOfAnySize) {
  OperatorBench filter = bench(R"({"input": "s", "when": "x >= 1 and name != 'n1'"})");
  const auto whole = filter.run(rows());
  for (std::size_t size : {1, 7}) {
    filter.restart();
    EXPECT_EQ(filter.run(rows(), size), whole) << size;
  }
}

TEST(Filter, CountsWhatItPassedAndDropped) {
  OperatorBench filter = bench(R"({"input": "s", "when": "x == 0"})");
  filter.run(rows());
  EXPECT_EQ(filter.report()["weir_operator_rows_total{passed}"], 17);
  EXPECT_EQ(filter.report()["weir_operator_rows_total{dropped}"], 83);
}

TEST(Filter, PassesAnEmptyBatchAndABatchOfTicks) {
  OperatorBench filter = bench(R"({"input": "s", "when": "x > 0"})");
  EXPECT_TRUE(filter.run({{5, {}, InputRow::kTick}, {9, {}, InputRow::kTick}})[0].empty());
}

TEST(Filter, LeavesColumnsThatNobodyReadsNull) {
  OperatorBench filter = bench(R"({"input": "s", "when": "x > 2"})");
  filter.unread(0, "name");
  filter.restart();
  for (const OutputRow& row : filter.main_rows(rows())) EXPECT_EQ(row.cells[1], missing());
}

TEST(Filter, NeedsABooleanExpression) {
  EXPECT_EQ(bench(R"({"input": "s", "when": "x + 1"})").mistakes(),
            std::vector<std::string>{"`x + 1` is number, not boolean"});
  EXPECT_EQ(bench(R"({"input": "s"})").mistakes(),
            std::vector<std::string>{"operator `under_test` needs `when`"});
}

}  // namespace
}  // namespace weir
