// What a model learns from a row whose label came, and what takes no part in learning.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/operators/model/labels_bench.h"

namespace weir {
namespace {

using namespace labels_test;

TEST(Labels, ClassesWaitWithTheirProbabilitiesAsServed) {
  ModelBench kinds(R"({"input": "rows", "features": ["x"], "target": "kind",
                       "classes": ["low", "high"], "probabilities": true,
                       "steps": ["softmax_regression"],
                       "labels": {"input": "labels", "match": "id", "wait": "10s",
                                  "heard": "off", "absent": "low"}})",
                   rows(), {{{"id", Type::text}, {"kind", Type::text}}});
  ASSERT_TRUE(kinds.bench.ok()) << kinds.bench.mistakes()[0];
  const auto kind = [](std::int64_t time, std::string_view id, std::string_view name) {
    return InputRow{time, {cell(id), cell(name)}, 1};
  };
  kinds.run({row(0, "a", 1), kind(1, "a", "high"), row(2, "b", 1), row(3, "c", 1),
             kind(4, "c", "high"), tick(60'000)});
  ASSERT_EQ(kinds.rows(kOutcomes), 3u);
  EXPECT_EQ(kinds.text(kOutcomes, 1, "id"), "c");
  EXPECT_EQ(kinds.number(kOutcomes, 1, "p_high"), kinds.number(kMain, 2, "p_high"));
  EXPECT_EQ(kinds.text(kOutcomes, 2, "label"), "low");
  EXPECT_EQ(kinds.text(kOutcomes, 2, "prediction"), kinds.text(kMain, 1, "prediction"));
  EXPECT_FALSE(is_missing(kinds.number(kOutcomes, 2, "loss")));
}

TEST(Labels, ALabelOfARowThatIsNotLearnedTakesNoPlaceAmongTheClasses) {
  ModelBench kinds(R"({"input": "rows", "features": ["x"], "target": "kind", "max_classes": 2,
                       "learn_when": "x > 0", "steps": ["softmax_regression"],
                       "labels": {"input": "labels", "match": "id", "wait": "10s"}})",
                   rows(), {{{"id", Type::text}, {"kind", Type::text}}});
  ASSERT_TRUE(kinds.bench.ok()) << kinds.bench.mistakes()[0];
  const auto kind = [](std::int64_t time, std::string_view id, std::string_view name) {
    return InputRow{time, {cell(id), cell(name)}, 1};
  };
  kinds.run({row(0, "a", -1), kind(1, "a", "u"), row(2, "b", -1), kind(3, "b", "v"),  //
             row(4, "c"), kind(5, "c", "low"), row(6, "d"), kind(7, "d", "high")});
  EXPECT_EQ(kinds.rows(kOutcomes), 4u);
  EXPECT_EQ(kinds.updates(), 2);
  EXPECT_EQ(kinds.text(kMain, 3, "prediction"), "low");
}

/// Whether a model of x and z is, after a row named u and its label, as if there had been neither.
void expect_not_learned(std::string_view option, Cell x, double z) {
  const auto make = [&] {
    return ModelBench(R"({"input": "rows", "features": ["x", "z"], "target": "y",
                          "steps": ["standard_scaler", "logistic_regression"], )" +
                          std::string(option) + R"(,
                          "labels": {"input": "labels", "match": "id", "wait": "10s"}})",
                      {{{"id", Type::text}, {"x", Type::number}, {"z", Type::number}}}, labels());
  };
  const auto both = [](std::int64_t time, std::string_view id, Cell one, double other) {
    return InputRow{time, {cell(id), std::move(one), cell(other)}, 0};
  };
  ModelBench with = make(), without = make();
  for (ModelBench* model : {&with, &without})
    model->run({both(0, "a", cell(1), 2), label(1, "a", 0),  //
                both(2, "b", cell(3), 1), label(3, "b")});
  with.run({both(4, "u", std::move(x), z), label(5, "u", 0)});
  ASSERT_EQ(with.rows(kOutcomes), 3u);
  for (ModelBench* model : {&with, &without}) model->run({both(6, "c", cell(2), 1)});
  EXPECT_EQ(with.number(kMain, 3, "score"), without.number(kMain, 2, "score"));
}

TEST(Labels, NoPartLearnsARowForWhichLearnWhenIsNotTrue) {
  expect_not_learned(R"("learn_when": "z < 9")", cell(9), 9);
}

TEST(Labels, NoPartLearnsARowThatWasServedTheFallback) {
  expect_not_learned(R"("fallback": 0.5)", missing(), 9);
}

TEST(Labels, AFallbackRowWaitsAndGivesAnOutcomeButIsNotLearned) {
  ModelBench fraud = model("", R"(, "fallback": 0.25)");
  InputRow broken = row(0, "a");
  broken.cells[1] = missing();
  fraud.run({broken, label(1, "a", 1)});
  ASSERT_EQ(fraud.rows(kOutcomes), 1u);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "fallback"), 1);
  EXPECT_EQ(fraud.number(kOutcomes, 0, "score"), 0.25);
  EXPECT_EQ(fraud.at(kOutcomes, 0, "x"), missing());
  EXPECT_EQ(fraud.ended("joined"), 1);
  EXPECT_EQ(fraud.updates(), 0);
}

TEST(Labels, LearnWhenFalseStillGivesAnOutcome) {
  ModelBench fraud = model("", R"(, "learn_when": "x > 2")");
  fraud.run({row(0, "a", 1), row(0, "b", 3), label(1, "a"), label(1, "b")});
  EXPECT_EQ(fraud.rows(kOutcomes), 2u);
  EXPECT_EQ(fraud.updates(), 1);
}

}  // namespace
}  // namespace weir
