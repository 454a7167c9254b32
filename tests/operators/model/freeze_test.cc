#include <random>

#include "tests/operators/model/model_bench.h"

// A model that is told to learn nothing, and to go on.

namespace weir {
namespace {

constexpr std::string_view kBinary = R"({
  "input": "rows", "features": ["a", "b"], "target": "y",
  "steps": ["standard_scaler", {"logistic_regression": {"learning_rate": 0.1}}]})";
constexpr std::string_view kClasses = R"({
  "input": "rows", "features": ["a", "b"], "target": "y",
  "steps": ["standard_scaler", {"softmax_regression": {"learning_rate": 0.1}}]})";
constexpr std::string_view kWaiting = R"({
  "input": "rows", "features": ["a", "b"], "target": "y",
  "labels": {"input": "labels", "match": "id", "wait": "1h"},
  "steps": ["standard_scaler", {"logistic_regression": {"learning_rate": 0.1}}]})";

Schema rows_of(Type target) {
  return {{{"id", Type::text}, {"a", Type::number}, {"b", Type::number}, {"y", target}}};
}

/// Rows whose numbers move with `from`, so that a scaler that learns is found out.
std::vector<InputRow> stream(std::int64_t from, int count, bool classes = false) {
  std::mt19937_64 random(static_cast<std::uint64_t>(from) + 1);
  std::normal_distribution<double> normal(static_cast<double>(from) / 50, 1);
  std::vector<InputRow> rows;
  for (std::int64_t i = from; i < from + count; ++i) {
    const double a = normal(random), b = normal(random);
    const bool y = a + b > static_cast<double>(from) / 25;
    const Cell target = classes ? cell(y ? "up" + std::to_string(from) : "down") : cell(y);
    rows.push_back({i, {cell("r" + std::to_string(i)), cell(a), cell(b), target}});
  }
  return rows;
}

std::vector<double> scores(const ModelBench& model, std::size_t from) {
  std::vector<double> all;
  for (std::size_t i = from; i < model.rows(kMain); ++i)
    all.push_back(model.number(kMain, i, "score"));
  return all;
}

TEST(Freeze, NothingScoredWhileFrozenChangesTheModel) {
  for (const bool classes : {false, true}) {
    SCOPED_TRACE(classes ? "classes" : "binary");
    const std::string_view options = classes ? kClasses : kBinary;
    const Schema schema = rows_of(classes ? Type::text : Type::boolean);
    const auto before = stream(0, 200, classes), frozen = stream(200, 200, classes),
               after = stream(0, 100, classes);
    for (const std::size_t batch_rows : {1, 7, 4096}) {
      ModelBench model(options, schema), never(options, schema);
      ASSERT_TRUE(model.bench.ok()) << testing::PrintToString(model.bench.mistakes());
      model.run(before, batch_rows);
      never.run(before, batch_rows);
      ASSERT_TRUE(model.bench.running().command("freeze"));
      EXPECT_EQ(model.bench.report()["weir_model_frozen"], 1);
      model.run(frozen, batch_rows);
      EXPECT_EQ(model.updates(), 200);
      EXPECT_EQ(model.rows(kOutcomes), 400U) << "outcomes are given all the same";
      ASSERT_TRUE(model.bench.running().command("unfreeze"));
      EXPECT_EQ(model.bench.report()["weir_model_frozen"], 0);
      model.run(after, batch_rows);
      never.run(after, batch_rows);
      EXPECT_EQ(model.updates(), 300);
      EXPECT_EQ(scores(model, 400), scores(never, 200));
    }
  }
}

TEST(Freeze, ALabelThatComesWhileFrozenGivesAnOutcomeAndIsNotLearned) {
  const Schema labels{{{"id", Type::text}, {"y", Type::boolean}}};
  ModelBench model(kWaiting, rows_of(Type::boolean), labels);
  ASSERT_TRUE(model.bench.ok()) << testing::PrintToString(model.bench.mistakes());
  const auto label = [](std::int64_t of) {
    return InputRow{1000 + of, {cell("r" + std::to_string(of)), cell(1.0)}, 1};
  };
  model.run(stream(0, 10));
  model.run({label(0), label(1)});
  EXPECT_EQ(model.updates(), 2);
  ASSERT_TRUE(model.bench.running().command("freeze"));
  model.run({label(2), label(3), label(4)});
  model.run(stream(20, 5));
  EXPECT_EQ(model.updates(), 2);
  EXPECT_EQ(model.rows(kOutcomes), 5U);
  ASSERT_TRUE(model.bench.running().command("unfreeze"));
  model.run({label(5), label(20)});
  EXPECT_EQ(model.updates(), 4);
  EXPECT_EQ(model.rows(kOutcomes), 7U);
}

TEST(Freeze, IsPartOfTheStateAndLeavesNoTraceAfterwards) {
  ModelBench model(kBinary, rows_of(Type::boolean));
  model.run(stream(0, 50));
  const std::string learning = model.bench.save();
  ASSERT_TRUE(model.bench.running().command("freeze"));
  ASSERT_TRUE(model.bench.running().command("freeze"));
  const std::string frozen = model.bench.save();
  EXPECT_NE(frozen, learning);
  model.bench.load(frozen);
  EXPECT_EQ(model.bench.report()["weir_model_frozen"], 1);
  EXPECT_EQ(model.bench.save(), frozen);
  model.bench.load(learning);
  EXPECT_EQ(model.bench.report()["weir_model_frozen"], 0);
  model.bench.load(frozen);
  ASSERT_TRUE(model.bench.running().command("unfreeze"));
  EXPECT_EQ(model.bench.save(), learning);
}

TEST(Freeze, AWordThatAModelDoesNotKnowChangesNothing) {
  ModelBench model(kBinary, rows_of(Type::boolean));
  model.run(stream(0, 50));
  const std::string before = model.bench.save();
  for (const char* word : {"", "melt", "FREEZE", "freeze "})
    EXPECT_FALSE(model.bench.running().command(word)) << word;
  EXPECT_EQ(model.bench.save(), before);
}

}  // namespace
}  // namespace weir
