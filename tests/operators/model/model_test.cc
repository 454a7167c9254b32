#include "operators/model/model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "models/model.h"
#include "pipeline/core/exact_math.h"
#include "tests/operators/model/model_bench.h"

namespace weir {
namespace {

constexpr std::string_view kBinary = R"({
  "input": "rows", "features": ["a", "b"], "target": "y",
  "steps": ["standard_scaler", {"logistic_regression": {"learning_rate": 0.1}}]})";

Schema binary_rows() {
  return {{{"id", Type::text},
           {"a", Type::number},
           {"b", Type::number},
           {"y", Type::boolean},
           {"when", Type::time},
           {"weight", Type::number}}};
}

InputRow row(std::int64_t time, double a, double b, double y, double weight = 1) {
  return {time,
          {cell("r" + std::to_string(time)), cell(a), cell(b), cell(y), cell(0.0), cell(weight)}};
}

std::vector<InputRow> stream(std::size_t count) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::vector<InputRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    const double a = normal(random), b = normal(random);
    rows.push_back(row(static_cast<std::int64_t>(i), a, b, a + 0.5 * normal(random) > 0.3));
  }
  return rows;
}

/// What River's order gives, by calls of the model itself: score, observe, learn.
std::vector<double> direct_scores(const std::vector<InputRow>& rows) {
  ModelSpec spec;
  EXPECT_EQ(read_options("steps: [standard_scaler, logistic_regression: {learning_rate: 0.1}]",
                         [&](OptionVisitor& options) { spec.describe(options); }),
            std::vector<std::string>{});
  const std::vector<Feature> features{{"a", FeatureKind::number}, {"b", FeatureKind::number}};
  EXPECT_TRUE(spec.bind(Task::binary, features).empty());
  const std::unique_ptr<Model> model = spec.make(1);
  std::vector<double> scores, all;
  for (const InputRow& one : rows) {
    const double numbers[] = {std::get<double>(one.cells[1]), std::get<double>(one.cells[2])};
    const Features input{numbers, {}};
    EXPECT_TRUE(model->predict_one(input, scores));
    all.push_back(scores[0]);
    model->observe_one(input);
    model->learn_one(input, std::get<double>(one.cells[3]), 1);
  }
  return all;
}

TEST(ModelOperator, ScoresThenObservesThenLearnsOneRowAtATime) {
  const std::vector<InputRow> rows = stream(500);
  ModelBench model(kBinary, binary_rows());
  model.run(rows);
  const std::vector<double> expected = direct_scores(rows);
  ASSERT_EQ(model.rows(kMain), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(model.number(kMain, i, "score"), expected[i]) << "row " << i;
    EXPECT_EQ(model.number(kMain, i, "prediction"), expected[i] > 0.5);
    EXPECT_EQ(model.number(kMain, i, "updates"), static_cast<double>(i));
    EXPECT_EQ(model.text(kMain, i, "model"), "under_test");
    EXPECT_EQ(model.text(kMain, i, "model_version"), "00000000.1");
  }
}

TEST(ModelOperator, GivesTheSameBitsWhereverStepsAreCut) {
  const std::vector<InputRow> rows = stream(3'000);
  ModelBench whole(kBinary, binary_rows());
  whole.run(rows, 4096);
  for (std::size_t batch_rows : {1, 7}) {
    ModelBench cut(kBinary, binary_rows());
    cut.run(rows, batch_rows);
    EXPECT_EQ(cut.outputs, whole.outputs) << batch_rows;
    EXPECT_EQ(cut.bench.state_hash(), whole.bench.state_hash()) << batch_rows;
  }
}

TEST(ModelOperator, GoesOnBitForBitFromASavedState) {
  const std::vector<InputRow> rows = stream(2'500);
  const std::vector<InputRow> first(rows.begin(), rows.begin() + 1'234);
  const std::vector<InputRow> second(rows.begin() + 1'234, rows.end());
  ModelBench straight(kBinary, binary_rows());
  straight.run(first);
  ModelBench restored(kBinary, binary_rows());
  restored.run(first);
  restored.bench.load(straight.bench.save());
  straight.run(second);
  restored.run(second);
  EXPECT_EQ(restored.outputs, straight.outputs);
  EXPECT_EQ(restored.bench.state_hash(), straight.bench.state_hash());
}

TEST(ModelOperator, AnOutcomeCarriesThePredictionAsServedWithItsLoss) {
  const std::vector<InputRow> rows = stream(200);
  ModelBench model(kBinary, binary_rows());
  model.run(rows);
  ASSERT_EQ(model.rows(kOutcomes), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double y = std::get<double>(rows[i].cells[3]);
    const double score = model.number(kMain, i, "score");
    EXPECT_EQ(model.number(kOutcomes, i, "score"), score);
    EXPECT_EQ(model.number(kOutcomes, i, "label"), y);
    EXPECT_EQ(model.number(kOutcomes, i, "label_delay"), 0);
    EXPECT_EQ(model.number(kOutcomes, i, "fallback"), 0);
    EXPECT_EQ(model.number(kOutcomes, i, "error"), (score > 0.5) != (y == 1));
    EXPECT_EQ(model.number(kOutcomes, i, "loss"), -exact::log(y == 1 ? score : 1 - score));
    EXPECT_EQ(model.at(kOutcomes, i, "id"), rows[i].cells[0]);
  }
}

TEST(ModelOperator, NoPartLearnsARowWhoseTargetIsMissing) {
  std::vector<InputRow> rows = stream(50);
  ModelBench without(kBinary, binary_rows());
  without.run(rows);
  InputRow unlabelled = row(50, 9, 9, 0);
  unlabelled.cells[3] = missing();
  ModelBench with(kBinary, binary_rows());
  with.run(rows);
  with.run({unlabelled});
  EXPECT_EQ(with.rows(kMain), 51u);
  EXPECT_EQ(with.rows(kOutcomes), 50u);
  EXPECT_EQ(with.updates(), 50);
  with.run({row(51, 0.5, 0.5, 1)});
  without.run({row(51, 0.5, 0.5, 1)});
  EXPECT_EQ(with.number(kMain, 51, "score"), without.number(kMain, 50, "score"));
}

/// Whether a model's next score is as if it had never seen `unused`.
void expect_not_learned(std::string_view options, const InputRow& unused) {
  const std::vector<InputRow> rows = stream(50);
  ModelBench with(options, binary_rows()), without(options, binary_rows());
  with.run(rows);
  with.run({unused});
  without.run(rows);
  for (ModelBench* model : {&with, &without}) model->run({row(51, 0.5, 0.5, 1)});
  EXPECT_EQ(with.number(kMain, 51, "score"), without.number(kMain, 50, "score"));
}

TEST(ModelOperator, NoPartLearnsARowForWhichLearnWhenIsNotTrue) {
  expect_not_learned(R"({"input": "rows", "features": ["a", "b"], "target": "y",
                         "learn_when": "weight > 0.5",
                         "steps": ["standard_scaler", "logistic_regression"]})",
                     row(50, 9, 9, 0, 0));
}

TEST(ModelOperator, NoPartLearnsARowThatWasServedTheFallback) {
  InputRow broken = row(50, 9, 9, 0);
  broken.cells[1] = missing();
  expect_not_learned(R"({"input": "rows", "features": ["a", "b"], "target": "y", "fallback": 0.5,
                         "steps": ["standard_scaler", "logistic_regression"]})",
                     broken);
}

TEST(ModelOperator, ServesTheFallbackWhereAFeatureIsMissingAndDoesNotLearnIt) {
  ModelBench model(R"({"input": "rows", "features": ["a", "b"], "target": "y", "fallback": 0.9,
                       "steps": ["standard_scaler", "logistic_regression"]})",
                   binary_rows());
  model.run(stream(20));
  InputRow broken = row(20, 1, 2, 0);
  broken.cells[1] = missing();
  model.run({broken});
  EXPECT_EQ(model.number(kMain, 20, "score"), 0.9);
  EXPECT_EQ(model.number(kMain, 20, "prediction"), 1);
  EXPECT_EQ(model.number(kOutcomes, 20, "fallback"), 1);
  EXPECT_EQ(model.number(kOutcomes, 20, "error"), 1);
  EXPECT_EQ(model.number(kOutcomes, 20, "loss"), -exact::log(1 - 0.9));
  EXPECT_EQ(model.updates(), 20);
  EXPECT_EQ(model.bench.report()["weir_fallback_total{missing}"], 1);
}

TEST(ModelOperator, WithoutFallbackTheScoreOfABrokenRowIsMissing) {
  ModelBench model(kBinary, binary_rows());
  InputRow broken = row(0, 1, 2, 0);
  broken.cells[2] = missing();
  model.run({broken});
  EXPECT_EQ(model.at(kMain, 0, "score"), missing());
  EXPECT_EQ(model.at(kMain, 0, "prediction"), missing());
  ASSERT_EQ(model.rows(kOutcomes), 1u);
  EXPECT_EQ(model.at(kOutcomes, 0, "loss"), missing());
  EXPECT_EQ(model.number(kOutcomes, 0, "fallback"), 1);
}

TEST(ModelOperator, LearnWhenHoldsRowsOutButJudgesThem) {
  ModelBench model(R"({"input": "rows", "features": ["a", "b"], "target": "y",
                       "learn_when": "weight > 0.5", "steps": ["logistic_regression"]})",
                   binary_rows());
  InputRow unknown = row(2, 1, 1, 1);
  unknown.cells[5] = missing();  // learn_when is missing: not true
  model.run({row(0, 1, 1, 1, 1), row(1, 1, 1, 1, 0), unknown});
  EXPECT_EQ(model.rows(kOutcomes), 3u);
  EXPECT_EQ(model.updates(), 1);
}

TEST(ModelOperator, AWeightScalesTheUpdateAndNoneIsNotLearned) {
  const auto make = [](std::string_view weight) {
    return ModelBench(R"({"input": "rows", "features": ["a"], "target": "y", "weight": ")" +
                          std::string(weight) + R"(", "steps": ["logistic_regression"]})",
                      binary_rows());
  };
  ModelBench once = make("weight"), twice = make("2 * weight"), never = make("weight - 1");
  for (ModelBench* model : {&once, &twice, &never}) model->run({row(0, 1, 0, 1), row(1, 1, 0, 1)});
  EXPECT_EQ(never.updates(), 0);
  EXPECT_EQ(never.number(kMain, 1, "score"), 0.5);
  EXPECT_GT(once.number(kMain, 1, "score"), 0.5);
  EXPECT_GT(twice.number(kMain, 1, "score"), once.number(kMain, 1, "score"));
}

TEST(ModelOperator, ThresholdDecidesABinaryPrediction) {
  ModelBench model(R"({"input": "rows", "features": ["a"], "target": "y", "threshold": 0.4,
                       "steps": ["logistic_regression"]})",
                   binary_rows());
  model.run({row(0, 1, 0, 0)});
  EXPECT_EQ(model.number(kMain, 0, "score"), 0.5);
  EXPECT_EQ(model.number(kMain, 0, "prediction"), 1);
}

TEST(ModelOperator, AllFeaturesLeavesOutTheTargetTimesAndExceptions) {
  ModelBench model(R"({"input": "rows", "features": {"all": true, "except": ["id", "weight"]},
                       "target": "y", "steps": ["logistic_regression"]})",
                   binary_rows());
  ASSERT_TRUE(model.bench.ok()) << model.bench.mistakes()[0];
  model.run(stream(3));
  const FakeReporter report = model.bench.report();
  EXPECT_EQ(report["weir_feature_null_ratio{a}"], 0);
  EXPECT_EQ(report["weir_feature_null_ratio{b}"], 0);
  for (std::string_view other : {"y", "when", "id", "weight"})
    EXPECT_TRUE(std::isnan(report["weir_feature_null_ratio{" + std::string(other) + "}"])) << other;
}

TEST(ModelOperator, AsBeginsTheNamesOfItsFields) {
  ModelBench model(R"({"input": "rows", "features": ["a"], "target": "y", "as": "first",
                       "steps": ["logistic_regression"]})",
                   binary_rows());
  model.run(stream(2));
  EXPECT_EQ(model.number(kMain, 0, "first_score"), 0.5);
  EXPECT_EQ(model.number(kOutcomes, 0, "first_label_delay"), 0);
  EXPECT_FALSE(model.bench.binding().outputs[kMain].schema.find("score"));
}

TEST(ModelOperator, RegressionPredictsTheValueWithSquaredError) {
  ModelBench model(R"({"input": "rows", "features": ["a"], "target": "weight",
                       "steps": ["linear_regression"]})",
                   binary_rows());
  model.run({row(0, 1, 0, 0, 3), row(1, 1, 0, 0, 3)});
  EXPECT_EQ(model.number(kMain, 0, "prediction"), 0);
  EXPECT_EQ(model.number(kOutcomes, 0, "error"), -3);
  EXPECT_EQ(model.number(kOutcomes, 0, "loss"), 9);
  const double value = model.number(kMain, 1, "score");
  EXPECT_GT(value, 0);
  EXPECT_EQ(model.number(kMain, 1, "prediction"), value);
  EXPECT_EQ(model.number(kOutcomes, 1, "loss"), (value - 3) * (value - 3));
}

TEST(ModelOperator, ReportsScoresAndNullsOfTheLastTenThousandRows) {
  ModelBench model(R"({"input": "rows", "features": ["a"], "target": "weight", "fallback": 0,
                       "steps": ["linear_regression"]})",
                   binary_rows());
  std::vector<InputRow> rows;
  for (int i = 0; i < 25'000; ++i) {
    InputRow one = row(i, 0, 0, 0, 0);
    if (i % 4 == 0) one.cells[1] = missing();
    if (i >= 15'000) one.cells[1] = i % 2 ? missing() : cell(0.0);
    rows.push_back(std::move(one));
  }
  model.run(rows);
  const FakeReporter report = model.bench.report();
  EXPECT_EQ(report["weir_feature_null_ratio{a}"], 0.5);
  EXPECT_EQ(report["weir_model_score_mean"], 0);
  EXPECT_EQ(report["weir_model_score_stddev"], 0);
}

TEST(ModelOperator, AnEmptyStepChangesNothing) {
  ModelBench model(kBinary, binary_rows());
  model.run(stream(10));
  const std::uint64_t hash = model.bench.state_hash();
  model.run({tick(1'000'000)});
  EXPECT_EQ(model.rows(kMain), 10u);
  EXPECT_EQ(model.bench.state_hash(), hash);
}

TEST(ModelOperator, ReadsOnlyWhatItUses) {
  const ModelBench model(kBinary, binary_rows());
  const std::vector<std::pair<std::size_t, std::size_t>> used{{0, 3}, {0, 1}, {0, 2}};
  EXPECT_EQ(model.bench.binding().reads, used);
}

/// The mistakes of a model over binary_rows, all of them at once.
std::vector<std::string> mistakes(std::string_view options) {
  return ModelBench(options, binary_rows()).bench.mistakes();
}

TEST(ModelOperator, ReportsMistakesOfItsOptions) {
  using Mistakes = std::vector<std::string>;
  EXPECT_EQ(mistakes(R"({"input": "rows", "features": ["y"], "target": "y",
                         "steps": ["logistic_regression"]})"),
            Mistakes{"`y` is the target: it cannot be a feature of the same row"});
  EXPECT_EQ(mistakes(R"({"input": "rows", "features": ["a", "a"], "target": "y",
                         "steps": ["logistic_regression"]})"),
            Mistakes{"the feature `a` is listed twice"});
  EXPECT_EQ(mistakes(R"({"input": "rows", "features": ["a"], "target": "when",
                         "steps": ["logistic_regression"]})"),
            Mistakes{"the target `when` is a time: a model learns a boolean, a text (classes) or a "
                     "number"});
  EXPECT_EQ(mistakes(R"({"input": "rows", "features": ["when"], "target": "y",
                         "steps": ["logistic_regression"]})"),
            Mistakes{"`when` is a time, which no model takes: use hour(when) or weekday(when) in "
                     "`features`"});
  EXPECT_EQ(mistakes(R"({"input": "rows", "features": ["a"], "target": "y", "fallback": 2,
                         "steps": ["logistic_regression"]})"),
            Mistakes{"`fallback` is a probability: 0 to 1"});
  EXPECT_EQ(mistakes(R"({"input": "rows", "features": ["a"], "target": "y", "fallback": "no",
                         "probabilities": true, "steps": ["logistic_regression"]})"),
            (Mistakes{"`fallback` must be a boolean, as the target is",
                      "`probabilities: true` needs `classes`: they name its fields"}));
  EXPECT_EQ(
      mistakes(R"({"input": "rows", "features": ["a"], "steps": ["logistic_regression"]})").size(),
      1u);
  EXPECT_EQ(mistakes(R"({"input": "rows", "features": ["nope"], "target": "y",
                         "steps": ["linear_regression"]})")
                .size(),
            2u);
}

}  // namespace
}  // namespace weir
