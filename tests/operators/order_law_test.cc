// The order law, for every operator of the table: a new one needs an example here.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "operators/registry.h"
#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

/// Options over `input_schema`, with which an operator keeps state and writes rows.
const std::map<std::string_view, std::string_view> kExamples = {
    {"dedupe", R"({"input": "rows", "key": "card", "within": "1m"})"},
    {"drift", R"({"input": "rows", "fields": ["a"],
                  "detector": {"mean_shift": {"reference": 50, "window": 20}}})"},
    {"evaluate", R"({"input": "rows", "metrics": ["accuracy", "log_loss"], "window": 50})"},
    {"features", R"({"input": "rows", "key": "card",
                     "aggregates": {"usual": {"mean": "a", "over": "5m"}, "n": {"count": true}},
                     "values": {"change": "a - usual"}})"},
    {"filter", R"({"input": "rows", "when": "a > 0"})"},
    {"model", R"({"input": "rows", "features": ["a", "card"], "target": "good", "as": "own",
                  "steps": [{"impute": "mean"}, {"one_hot": {"max": 5}}, "standard_scaler",
                            "logistic_regression"]})"},
};

/// Raw fields, and those of a model's outcomes.
Schema input_schema() {
  return {{{"card", Type::text},
           {"a", Type::number},
           {"good", Type::boolean},
           {"prediction", Type::boolean},
           {"score", Type::number},
           {"label", Type::boolean},
           {"label_delay", Type::number},
           {"loss", Type::number}}};
}

/// Rows of ten cards some seconds apart, one in ten late, values missing here and there; half-way
/// all means shift.
std::vector<InputRow> stream(std::size_t count) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  const auto often = [&] { return random() % 4 != 0; };
  std::vector<InputRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    const double a = normal(random) + (i < count / 2 ? 0 : 3);
    const double score = 0.05 + 0.9 * static_cast<double>(random() % 1'000) / 1'000;
    const auto time = static_cast<std::int64_t>(i * 3'000 - (random() % 10 == 0 ? 20'000 : 0));
    InputRow row{time + 1'000'000,
                 {cell("card " + std::to_string(random() % 10)), cell(a), cell(a > 1 || !often()),
                  cell(score > 0.5), cell(score), cell(often()), cell(0.0), cell(1 - score)}};
    if (random() % 20 == 0) row.cells[random() % row.cells.size()] = missing();
    rows.push_back(std::move(row));
  }
  return rows;
}

class EveryOperator : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(kExamples.contains(GetParam())) << "give it an example in this file";
    ASSERT_EQ(fresh().mistakes(), std::vector<std::string>{});
  }

  OperatorBench fresh() const {
    const auto type = std::ranges::find(operator_types(), GetParam(), &OperatorType::name);
    return {type->make(),
            kExamples.at(GetParam()),
            {{input_schema(), true, "rows", StreamRole::outcomes("")}}};
  }

  static constexpr std::int64_t kLateness = 5'000;
  const std::vector<InputRow> rows_ = stream(1'000);
};

TEST_P(EveryOperator, NamesTheEdgesThatItReads) {
  OperatorBench bench = fresh();
  ASSERT_EQ(bench.spec().inputs().size(), 1u);
  EXPECT_EQ(bench.spec().inputs()[0].text, "rows");
}

TEST_P(EveryOperator, WritesTheSameRowsAndKeepsTheSameStateInStepsOfAnySize) {
  OperatorBench bench = fresh();
  const auto whole = bench.run(rows_, rows_.size(), kLateness);
  const std::uint64_t hash = bench.state_hash();
  EXPECT_TRUE(std::ranges::any_of(whole, [](const auto& output) { return !output.empty(); }));
  for (const std::size_t size : {1, 7, 256}) {
    bench.restart();
    EXPECT_EQ(bench.run(rows_, size, kLateness), whole) << size;
    EXPECT_EQ(bench.state_hash(), hash) << size;
  }
}

TEST_P(EveryOperator, ContinuesBitForBitFromAStateThatWasSavedInMidStream) {
  OperatorBench bench = fresh();
  auto whole = bench.run(rows_, 64, kLateness);
  const std::uint64_t hash = bench.state_hash();
  bench.restart();
  const auto half = rows_.begin() + 517;
  auto pieces = bench.run({rows_.begin(), half}, 64, kLateness);
  const std::string saved = bench.save();
  bench.load(saved);
  EXPECT_EQ(bench.save(), saved);
  const auto rest = bench.run({half, rows_.end()}, 64, kLateness);
  for (std::size_t i = 0; i < rest.size(); ++i)
    pieces[i].insert(pieces[i].end(), rest[i].begin(), rest[i].end());
  EXPECT_EQ(pieces, whole);
  EXPECT_EQ(bench.state_hash(), hash);
}

TEST_P(EveryOperator, WritesAtPositionsThatNeverGoBack) {
  OperatorBench bench = fresh();
  for (const auto& output : bench.run(rows_, 64, kLateness))
    EXPECT_TRUE(std::ranges::is_sorted(output, {}, &OutputRow::sequence));
}

TEST_P(EveryOperator, SurvivesRowsWithoutAnyValue) {
  OperatorBench bench = fresh();
  std::vector<InputRow> rows = rows_;
  for (std::size_t i = 0; i < rows.size(); i += 2)
    for (Cell& one : rows[i].cells) one = missing();
  bench.run(rows, 64, kLateness);
  const std::string saved = bench.save();
  bench.load(saved);
  EXPECT_EQ(bench.save(), saved);
}

std::vector<std::string_view> available() {
  std::vector<std::string_view> names;
  for (const OperatorType& type : operator_types())
    if (type.make != nullptr) names.push_back(type.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryOperator, testing::ValuesIn(available()),
                         [](const auto& row) { return std::string(row.param); });

}  // namespace
}  // namespace weir
