#include "operators/model/served_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "pipeline/core/exact_math.h"
#include "tests/operators/model/model_parts.h"
#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

const double kRow[] = {2.0};
const Features kFeatures{kRow, {}};

/// A model as it is served, and the scripted one inside it.
struct Serving {
  explicit Serving(ModelPlan plan)
      : owned(std::make_unique<ScriptedModel>()),
        script(*owned),
        model(plan, std::move(owned), 0xabcdef0100000000) {}

  std::unique_ptr<ScriptedModel> owned;
  ScriptedModel& script;
  ServedModel model;
};

Label label_of(std::string_view text) {
  Label label;
  label.text = text;
  return label;
}

TEST(ServedModel, ABinaryPredictionIsTheScoreAboveTheThreshold) {
  ModelPlan plan = plan_of_x(Task::binary);
  plan.threshold = 0.7;
  Serving one(plan);
  one.script.next_scores = {0.7};
  EXPECT_EQ(one.model.serve(kFeatures).prediction, 0);
  one.script.next_scores = {0.71};
  EXPECT_EQ(one.model.serve(kFeatures).prediction, 1);
  EXPECT_EQ(one.model.serve(kFeatures).score, 0.71);
}

TEST(ServedModel, ServesTheFallbackWithoutAScoreAndWithoutAFiniteOne) {
  ModelPlan plan = plan_of_x(Task::binary);
  plan.fallback = Constant{0.9, {}};
  Serving one(plan);
  one.script.can_score = false;
  EXPECT_EQ(one.model.serve(kFeatures).score, 0.9);
  EXPECT_TRUE(one.model.serve(kFeatures).fallback);
  one.script.can_score = true;
  one.script.next_scores = {std::numeric_limits<double>::infinity()};
  EXPECT_EQ(one.model.serve(kFeatures).score, 0.9);
  FakeReporter report;
  one.model.report_serving(report);
  EXPECT_EQ(report["weir_fallback_total{missing}"], 2);
  EXPECT_EQ(report["weir_fallback_total{not_finite}"], 1);
}

TEST(ServedModel, MakesAClassKnownOnlyByARowThatIsLearned) {
  Serving one(plan_of_x(Task::classes));
  EXPECT_EQ(one.model.label_number(label_of("low"), 0), std::nullopt);
  EXPECT_EQ(one.model.label_number(label_of("low"), 1), 0);
  EXPECT_EQ(one.model.label_number(label_of("low"), 0), 0);
  one.model.freeze(true);
  EXPECT_EQ(one.model.label_number(label_of("high"), 1), std::nullopt);
  one.model.freeze(false);
  EXPECT_EQ(one.model.label_number(label_of("high"), 1), 1);
}

TEST(ServedModel, RefusesClassesBeyondTheMostAndThoseThatWereNotGiven) {
  ModelPlan most = plan_of_x(Task::classes);
  most.max_classes = 1;
  Serving open(most);
  EXPECT_EQ(open.model.label_number(label_of("a"), 1), 0);
  EXPECT_EQ(open.model.label_number(label_of("b"), 1), std::nullopt);
  FakeReporter report;
  open.model.report_serving(report);
  EXPECT_EQ(report["weir_operator_rows_total{unknown_class}"], 1);
  ModelPlan given = plan_of_x(Task::classes);
  given.classes = {"a", "b"};
  Serving fixed(given);
  EXPECT_EQ(fixed.model.label_number(label_of("b"), 1), 1);
  EXPECT_EQ(fixed.model.label_number(label_of("c"), 1), std::nullopt);
  EXPECT_EQ(fixed.model.label_number(label_of("c"), 0), std::nullopt);
  FakeReporter fixed_report;
  fixed.model.report_serving(fixed_report);
  EXPECT_EQ(fixed_report["weir_operator_rows_total{unknown_class}"], 2);
}

TEST(ServedModel, LearnsNothingWhileItIsFrozen) {
  Serving one(plan_of_x(Task::binary));
  one.model.freeze(true);
  one.model.observe(kFeatures);
  one.model.learn(kFeatures, 1, 1);
  EXPECT_TRUE(one.script.observed.empty());
  EXPECT_TRUE(one.script.learned.empty());
  EXPECT_EQ(one.model.updates(), 0u);
  one.model.freeze(false);
  one.model.observe(kFeatures);
  one.model.learn(kFeatures, 1, 0.5);
  EXPECT_EQ(one.script.observed, std::vector<double>{2});
  EXPECT_EQ(one.script.learned, (std::vector<ScriptedModel::Learned>{{2, 1, 0.5}}));
  EXPECT_EQ(one.model.updates(), 1u);
}

TEST(ServedModel, JudgesByTheScoreAsServedWithTheLossClipped) {
  Serving one(plan_of_x(Task::binary));
  one.script.next_scores = {1};
  const Served sure = one.model.serve(kFeatures);
  EXPECT_EQ(one.model.quality(sure, {}, 1).error, 0);
  EXPECT_EQ(one.model.quality(sure, {}, 0).error, 1);
  EXPECT_EQ(one.model.quality(sure, {}, 0).loss, -exact::log(0x1p-52));
  Serving value(plan_of_x(Task::regression));
  value.script.next_scores = {7};
  const Served seven = value.model.serve(kFeatures);
  EXPECT_EQ(value.model.quality(seven, {}, 5).error, 2);
  EXPECT_EQ(value.model.quality(seven, {}, 5).loss, 4);
}

TEST(ServedModel, ItsVersionIsTheFingerprintsUpperHalfAndTheRestores) {
  Serving one(plan_of_x(Task::binary));
  Arena arena;
  one.model.begin_step();
  EXPECT_EQ(one.model.version_text(one.model.serve(kFeatures), arena), "abcdef01.1");
  one.script.restores = 2;
  EXPECT_EQ(one.model.version_text(one.model.serve(kFeatures), arena), "abcdef01.3");
  const Served before{.version = 1, .made_by = 0x12345678};  // by a pipeline that has changed since
  EXPECT_EQ(one.model.version_text(before, arena), "12345678.1");
}

}  // namespace
}  // namespace weir
