#include "operators/evaluate/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pipeline/core/exact_math.h"
#include "tests/operators/evaluate/evaluate_bench.h"

namespace weir {
namespace {

using namespace evaluate_test;

constexpr std::int64_t kHour = 3'600'000;

InputRow outcome(std::int64_t time, double prediction, double score, double label) {
  const double loss = -exact::log(label == 1 ? score : 1 - score);
  return {time, {cell(prediction), cell(score), cell(label), cell(0.0), cell(loss)}};
}
InputRow right(std::int64_t time) { return outcome(time, 1, 0.8, 1); }
InputRow wrong(std::int64_t time) { return outcome(time, 1, 0.8, 0); }
InputRow tick(std::int64_t time) { return {time, {}, InputRow::kTick}; }

double number(const OutputRow& row, std::size_t field) {
  const auto* found = std::get_if<double>(&row.cells.at(field));
  return found ? *found : kMissing;
}

TEST(Evaluate, GivesOneWideRowEveryFullWindow) {
  OperatorBench quality =
      bench(R"({"input": "fraud.outcomes", "metrics": ["accuracy", "log_loss"], "window": 4})");
  ASSERT_TRUE(quality.ok()) << quality.mistakes()[0];
  const auto rows = quality.run({right(10), right(20), wrong(5), right(30),  //
                                 wrong(40), wrong(50), wrong(60), wrong(70), right(80)})[0];
  ASSERT_EQ(rows.size(), 2u);
  const std::vector<std::string> names{"accuracy",  "log_loss", "count", "window_from",
                                       "window_to", "time",     "shard"};
  const Schema& schema = quality.binding().outputs[0].schema;
  ASSERT_EQ(schema.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(schema.fields[i].name, names[i]);
  EXPECT_EQ(rows[0].sequence, 3u);
  EXPECT_EQ(number(rows[0], 0), 0.75);
  EXPECT_NEAR(number(rows[0], 1), -(3 * std::log(0.8) + std::log(0.2)) / 4, 1e-12);
  EXPECT_EQ(number(rows[0], 2), 4);
  EXPECT_EQ(number(rows[0], 3), 5);
  EXPECT_EQ(number(rows[0], 4), 30);
  EXPECT_EQ(number(rows[0], 5), 30);
  EXPECT_EQ(number(rows[0], 6), 0);
  EXPECT_EQ(number(rows[1], 0), 0);
  EXPECT_EQ(number(rows[1], 3), 40);
}

TEST(Evaluate, EveryBelowTheWindowLooksBackOverTheWholeWindow) {
  OperatorBench quality =
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": 4, "every": 2})");
  const auto rows =
      quality.run({right(0), right(1), wrong(2), wrong(3), wrong(4), wrong(5), right(6)})[0];
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(number(rows[0], 0), 1);  // the first two: the window is not full yet
  EXPECT_EQ(number(rows[0], 1), 2);
  EXPECT_EQ(number(rows[1], 0), 0.5);  // 0 to 3
  EXPECT_EQ(number(rows[1], 1), 4);
  EXPECT_EQ(number(rows[2], 0), 0);  // 2 to 5
  EXPECT_EQ(number(rows[2], 2), 2);
}

TEST(Evaluate, EveryAboveTheWindowJudgesOnlyTheLastRows) {
  OperatorBench quality =
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": 2, "every": 4})");
  const auto rows = quality.run({wrong(0), wrong(1), right(2), right(3), right(4)})[0];
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(number(rows[0], 0), 1);
  EXPECT_EQ(number(rows[0], 1), 2);
}

TEST(Evaluate, AWindowOfTimeClosesWhenTheWatermarkPassesItAndRefusesLateRows) {
  OperatorBench quality = bench(R"({"input": "o", "metrics": ["accuracy"], "window": "1h"})");
  const auto rows = quality.run({right(kHour + 5), wrong(kHour + 9), right(2 * kHour - 1),
                                 wrong(2 * kHour), right(kHour + 7), tick(9 * kHour)})[0];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].sequence, 3u);
  EXPECT_NEAR(number(rows[0], 0), 2.0 / 3, 1e-15);
  EXPECT_EQ(number(rows[0], 1), 3);
  EXPECT_EQ(number(rows[0], 2), kHour);
  EXPECT_EQ(number(rows[0], 3), 2 * kHour);
  EXPECT_EQ(number(rows[0], 4), 2 * kHour);
  EXPECT_EQ(rows[1].sequence, 5u);
  EXPECT_EQ(number(rows[1], 0), 0);
  EXPECT_EQ(number(rows[1], 1), 1);
  EXPECT_EQ(quality.report()["weir_window_late_rows_total"], 1);
  EXPECT_EQ(quality.running().next_timer(), std::nullopt);
}

TEST(Evaluate, ARowBetweenWindowsOfTimeIsNotLate) {
  OperatorBench quality =
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": "1h", "every": "4h"})");
  const auto rows = quality.run(
      {wrong(kHour), right(3 * kHour), wrong(5 * kHour), right(3 * kHour), tick(9 * kHour)})[0];
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(number(rows[0], 0), 1);
  EXPECT_EQ(number(rows[0], 1), 1);
  EXPECT_EQ(quality.report()["weir_window_late_rows_total"], 1);  // the last
}

TEST(Evaluate, WindowsOfTimeOverlapWithEvery) {
  OperatorBench quality =
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": "2h", "every": "1h"})");
  const auto rows = quality.run({right(kHour / 2), wrong(kHour + 1), tick(9 * kHour)})[0];
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(number(rows[0], 0), 1);
  EXPECT_EQ(number(rows[1], 0), 0.5);
  EXPECT_EQ(number(rows[2], 0), 0);
  EXPECT_EQ(number(rows[2], 2), kHour);
}

TEST(Evaluate, AWindowOfAllGrowsForEver) {
  OperatorBench quality =
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": "all", "every": 2})");
  auto rows = quality.run({right(0), right(1), wrong(2), wrong(3)})[0];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(number(rows[1], 0), 0.5);
  EXPECT_EQ(number(rows[1], 1), 4);
  OperatorBench hourly =
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": "all", "every": "1h"})");
  rows = hourly.run({right(5), wrong(kHour), tick(9 * kHour), tick(20 * kHour)})[0];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].sequence, 1u);
  EXPECT_EQ(number(rows[0], 1), 1);
  EXPECT_EQ(number(rows[1], 1), 2);
}

TEST(Evaluate, RowsWithoutLabelOrScoreAreNotCounted) {
  OperatorBench quality = bench(R"({"input": "o", "metrics": ["accuracy"], "window": 2})");
  InputRow no_label = right(1), no_score = right(2);
  no_label.cells[2] = missing();
  no_score.cells[1] = missing();
  const auto rows = quality.run({right(0), no_label, no_score, wrong(3)})[0];
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].sequence, 3u);
  EXPECT_EQ(number(rows[0], 1), 2);
}

TEST(Evaluate, BaselinesStandBesideTheModel) {
  OperatorBench quality =
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": 6, "baseline": true})");
  // Labels 1 1 1 0 0 1; the model is always right.
  const auto rows = quality.run(
      {right(0), right(1), right(2), outcome(3, 0, 0.1, 0), outcome(4, 0, 0.1, 0), right(5)})[0];
  ASSERT_EQ(rows.size(), 1u);
  const Schema& schema = quality.binding().outputs[0].schema;
  EXPECT_EQ(number(rows[0], *schema.find("accuracy")), 1);
  EXPECT_NEAR(number(rows[0], *schema.find("typical_accuracy")), 3.0 / 6, 1e-15);
  EXPECT_NEAR(number(rows[0], *schema.find("last_accuracy")), 3.0 / 6, 1e-15);
}

TEST(Evaluate, ClassesAndValuesHaveTheirOwnMetrics) {
  OperatorBench kinds =
      bench(R"({"input": "o", "metrics": ["accuracy", "f1"], "window": 3})", outcomes(Type::text));
  ASSERT_TRUE(kinds.ok()) << kinds.mistakes()[0];
  const auto kind = [](std::int64_t time, const char* prediction, const char* label) {
    return InputRow{time, {cell(prediction), cell(0.7), cell(label), cell(0.0), cell(0.3)}};
  };
  const auto rows = kinds.run({kind(0, "a", "a"), kind(1, "b", "c"), kind(2, "b", "b")})[0];
  EXPECT_NEAR(number(rows.at(0), 0), 2.0 / 3, 1e-15);

  OperatorBench values =
      bench(R"({"input": "o", "metrics": ["mae", "rmse"], "window": 2})", outcomes(Type::number));
  ASSERT_TRUE(values.ok()) << values.mistakes()[0];
  const auto value = [](std::int64_t time, double prediction, double label) {
    const double error = prediction - label;
    return InputRow{
        time, {cell(prediction), cell(prediction), cell(label), cell(0.0), cell(error * error)}};
  };
  const auto errors = values.run({value(0, 1, 4), value(1, 2, 3)})[0];
  EXPECT_EQ(number(errors.at(0), 0), 2);
  EXPECT_NEAR(number(errors.at(0), 1), std::sqrt(5.0), 1e-12);
}

TEST(Evaluate, TheFirstRowOfAWindowIsComparedWithTheLabelOfTheRowBefore) {
  const auto labelled = [](std::initializer_list<double> labels) {
    std::vector<InputRow> rows;
    for (const double label : labels)  // all are predicted true
      rows.push_back(outcome(static_cast<std::int64_t>(rows.size()) * kHour, 1, 0.8, label));
    rows.push_back(tick(99 * kHour));
    return rows;
  };
  // 1 1 0 0: right 2, unchanged 2 (not the first of all); 0 0 1 1: right 2, unchanged 3.
  const std::vector<InputRow> rows = labelled({1, 1, 0, 0, 0, 0, 1, 1});
  for (std::string_view window : {R"("window": 4)", R"("window": "4h")"}) {
    OperatorBench quality =
        bench(R"({"input": "o", "metrics": ["kappa_temporal"], )" + std::string(window) + "}");
    const auto found = quality.run(rows)[0];
    ASSERT_EQ(found.size(), 2u) << window;
    EXPECT_DOUBLE_EQ(number(found[0], 0), 0) << window;
    EXPECT_DOUBLE_EQ(number(found[1], 0), (0.5 - 0.75) / 0.25) << window;
  }
  OperatorBench sliding =
      bench(R"({"input": "o", "metrics": ["kappa_temporal"], "window": 4, "every": 2})");
  EXPECT_DOUBLE_EQ(number(sliding.run(rows)[0].at(3), 0), (0.5 - 0.75) / 0.25);
  OperatorBench apart =
      bench(R"({"input": "o", "metrics": ["kappa_temporal"], "window": 2, "every": 4})");
  const auto last = apart.run(labelled({1, 1, 0, 0, 1, 1, 1, 0}))[0].at(1);  // right 1, unchanged 1
  EXPECT_DOUBLE_EQ(number(last, 0), 0);
}

TEST(Evaluate, TellsApartAsManyClassesAsAModelMayLearn) {
  constexpr int kClasses = 60'000;
  OperatorBench quality =
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": 60000})", outcomes(Type::text));
  std::vector<InputRow> rows;
  for (int i = 0; i < kClasses; ++i) {
    const Cell name = cell("class " + std::to_string(i));
    rows.push_back({i, {name, cell(0.7), name, cell(0.0), cell(0.3)}});
  }
  const auto found = quality.run(rows)[0];
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(number(found[0], 0), 1);
  EXPECT_EQ(quality.report()["weir_evictions_total"], 0);
}

TEST(Evaluate, CountsRowsOfClassesBeyondTheMostAsWrongAndAsEvictions) {
  OperatorBench quality =
      bench(R"({"input": "o", "metrics": ["accuracy"], "window": "all"})", outcomes(Type::text));
  std::vector<InputRow> rows;
  for (int i = 0; i < 65'536; ++i) {
    const Cell name = cell("class " + std::to_string(i));
    rows.push_back({i, {name, cell(0.7), name, cell(0.0), cell(0.3)}});
  }
  quality.run(rows);
  FakeReporter whole;
  quality.running().summary(whole);
  EXPECT_EQ(whole["weir_model_quality{fraud}{accuracy}"], 65'534.0 / 65'536);
  EXPECT_EQ(quality.report()["weir_evictions_total"], 2);
}

TEST(Evaluate, FindsOutcomesOfASourceByTheirNamesThoseThatCameLast) {
  Schema schema = outcomes();
  for (const Field& field : outcomes(Type::number, "b_").fields) schema.fields.push_back(field);
  OperatorBench quality(make_evaluate(), R"({"input": "o", "metrics": ["mae"], "window": 1})",
                        {{std::move(schema), true, "archive"}});
  ASSERT_TRUE(quality.ok()) << quality.mistakes()[0];
  InputRow row = right(0);
  for (const double value : {4.0, 4.0, 1.0, 0.0, 9.0}) row.cells.push_back(cell(value));
  quality.run({row});
  EXPECT_EQ(quality.report()["weir_model_quality{archive}{mae}"], 3);
}

TEST(Evaluate, ReadsWhatAnyOperatorDeclaresToBeOutcomesAndNamesTheOperator) {
  StreamRole role = StreamRole::outcomes("pick_");
  role.producer = "chooser";
  // Its delay has no name that tells, a field of another kind has.
  const Schema schema{{{"mean_label_delay", Type::number},
                       {"pick_prediction", Type::boolean},
                       {"pick_score", Type::number},
                       {"pick_label", Type::boolean},
                       {"pick_loss", Type::number}}};
  OperatorBench quality(make_evaluate(),
                        R"({"input": "o", "metrics": ["accuracy"], "window": 1})",
                        {{schema, true, "best_of_both", role}});
  ASSERT_TRUE(quality.ok()) << quality.mistakes()[0];
  quality.run({{0, {cell(9.0), cell(1.0), cell(0.8), cell(1.0), cell(0.2)}}});
  EXPECT_EQ(quality.report()["weir_model_quality{chooser}{accuracy}"], 1);
}

TEST(Evaluate, ReportsTheLastWindowAndSumsUpTheWholeRun) {
  OperatorBench quality = bench(R"({"input": "o", "metrics": ["accuracy"], "window": 2})");
  quality.run({right(0), right(1), wrong(2), wrong(3), right(4)});
  EXPECT_EQ(quality.report()["weir_model_quality{fraud}{accuracy}"], 0);
  FakeReporter whole;
  quality.running().summary(whole);
  EXPECT_EQ(whole["weir_model_quality{fraud}{accuracy}"], 0.6);
}

TEST(Evaluate, GivesTheSameBitsWhereverStepsAreCutAndStatesAreLoaded) {
  std::mt19937_64 random(11);
  std::vector<InputRow> rows;
  for (int i = 0; i < 3'000; ++i) {
    const double score = (static_cast<double>(random() % 998) + 1) / 1'000;
    rows.push_back(outcome(i * 10'000 + static_cast<std::int64_t>(random() % 100'000), score > 0.5,
                           score, random() % 1'000 < score * 1'000));
  }
  const std::vector<InputRow> first(rows.begin(), rows.begin() + 1'501);
  const std::vector<InputRow> second(rows.begin() + 1'501, rows.end());
  for (std::string_view window :
       {R"("window": 700)", R"("window": 700, "every": 100)", R"("window": "1h")",
        R"("window": "2h", "every": "7m")", R"("window": "all", "every": "1h")"}) {
    const std::string options =
        R"({"input": "o", "metrics": ["accuracy", "roc_auc", "log_loss", "kappa_temporal"],
            "baseline": true, )" +
        std::string(window) + "}";
    OperatorBench whole = bench(options);
    ASSERT_TRUE(whole.ok()) << whole.mistakes()[0];
    const auto expected = whole.run(rows, 4096, 60'000)[0];
    EXPECT_GT(expected.size(), 3u);
    for (std::size_t batch_rows : {1, 7}) {
      OperatorBench cut = bench(options);
      auto found = cut.run(first, batch_rows, 60'000)[0];
      cut.load(cut.save());
      const auto rest = cut.run(second, batch_rows, 60'000)[0];
      found.insert(found.end(), rest.begin(), rest.end());
      EXPECT_EQ(found, expected) << window << " " << batch_rows;
      EXPECT_EQ(cut.state_hash(), whole.state_hash()) << window << " " << batch_rows;
    }
  }
}

}  // namespace
}  // namespace weir
