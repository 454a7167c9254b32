#include "operators/model/label_learner.h"

#include <gtest/gtest.h>

#include "tests/operators/model/model_parts.h"
#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

const Schema kLabels{{{"id", Type::text}, {"y", Type::boolean}}};

InputRow row(std::int64_t time, std::string_view id, double x = 1) {
  return {time, {cell(id), cell(x), cell("note of " + std::string(id))}, 0};
}
InputRow label(std::int64_t time, std::string_view id, double y) {
  return {time, {cell(id), cell(y)}, 1};
}
InputRow tick(std::int64_t time) { return {time, {}, InputRow::kTick}; }

/// A learner whose rows wait 10 s, with the parts that it borrows. Every row is served 0.5.
class Waiting {
 public:
  explicit Waiting(std::optional<double> absent = std::nullopt, std::int64_t early_ms = 0) {
    ModelPlan plan = plan_of_x(Task::binary);
    plan.labels.emplace();
    plan.labels->field = 1;
    plan.labels->join.wait_ms = 10'000;
    plan.labels->join.early_ms = early_ms;
    if (absent) plan.labels->absent = Constant{*absent, {}};
    plan_ = with_outcomes(std::move(plan));
    auto model = std::make_unique<ScriptedModel>();
    script = model.get();
    model_.emplace(plan_, std::move(model), 0);
    outcomes_.emplace(plan_, all_of(plan_.outcomes));
    const PortSource labels{1, "labels"};
    learner.emplace(plan_, all_of(plan_.outcomes), std::span(&labels, 1), *model_, *outcomes_);
  }

  /// One step of `rows`, learned with `weight`; returns the ids of its outcomes with position and
  /// label.
  std::vector<std::string> step(const std::vector<InputRow>& rows, double weight = 1) {
    fill_step(step_, rows, 0, clock_);
    const Batch served = batch_of(plan_.rows, rows, 0, step_.arena);
    const Batch labels = batch_of(kLabels, rows, 1, step_.arena);
    model_->begin_step();
    outcomes_->begin_step();
    learner->begin_step(step_);
    std::size_t at_row = 0, at_label = 0;
    for (std::uint32_t position = 0; position < rows.size(); ++position) {
      learner->advance(step_, position);
      if (rows[position].port == 0) {
        const double x = served.number(1, at_row);
        const Features features{{&x, 1}, {}};
        const Served said = model_->serve(features);
        learner->on_row(step_, served, at_row++, features, said, weight);
      } else if (rows[position].port == 1) {
        learner->on_label(step_, labels, at_label++);
      }
    }
    learner->end_step(step_);
    const WrittenOutcomes written(plan_, *outcomes_, step_);
    std::vector<std::string> told;
    for (std::size_t i = 0; i < written.rows(); ++i)
      told.push_back(std::get<std::string>(written.at(i, "id")) + " at " +
                     std::to_string(written.position(i)) + ": " +
                     (written.at(i, "label") == cell(1.0) ? "1" : "0"));
    return told;
  }
  void freeze() { model_->freeze(true); }
  double ended(std::string_view how) const {
    FakeReporter report;
    learner->report(report);
    return report["weir_labels_total{" + std::string(how) + "}"];
  }

  ScriptedModel* script;
  std::optional<LabelLearner> learner;

 private:
  ModelPlan plan_;
  std::optional<ServedModel> model_;
  std::optional<OutcomeWriter> outcomes_;
  Step step_;
  TestClock clock_;
};

using Told = std::vector<std::string>;
using Learned = std::vector<ScriptedModel::Learned>;

TEST(LabelLearner, ObservesARowAtOnceAndLearnsItWhenItsLabelComes) {
  Waiting waiting;
  EXPECT_EQ(waiting.step({row(0, "a", 7)}), Told{});
  EXPECT_EQ(waiting.script->observed, std::vector<double>{7});
  EXPECT_TRUE(waiting.script->learned.empty());
  EXPECT_EQ(waiting.step({tick(500), label(1'000, "a", 1)}), Told{"a at 1: 1"});
  EXPECT_EQ(waiting.script->learned, (Learned{{7, 1, 1}}));
  EXPECT_EQ(waiting.ended("joined"), 1);
}

TEST(LabelLearner, UsesALabelThatCameBeforeItsRow) {
  Waiting waiting(std::nullopt, 2'000);
  EXPECT_EQ(waiting.step({label(1'000, "a", 1), row(1'000, "a", 7)}), Told{"a at 1: 1"});
  EXPECT_EQ(waiting.script->learned, (Learned{{7, 1, 1}}));
  EXPECT_EQ(waiting.ended("joined"), 1);
}

TEST(LabelLearner, EndsAWaitAtItsPositionWithTheAbsentLabel) {
  Waiting waiting(0.0);
  EXPECT_EQ(waiting.learner->next_timer(), std::nullopt);
  waiting.step({row(0, "a", 7)});
  EXPECT_EQ(waiting.learner->next_timer(), 10'000);
  EXPECT_EQ(waiting.step({tick(9'999), tick(10'000), tick(20'000)}), Told{"a at 1: 0"});
  EXPECT_EQ(waiting.script->learned, (Learned{{7, 0, 1}}));
  EXPECT_EQ(waiting.learner->next_timer(), std::nullopt);
}

TEST(LabelLearner, LetsALateRowWaitFromItsArrival) {
  Waiting waiting(0.0);
  EXPECT_EQ(waiting.step({tick(50'000), row(0, "old"), tick(59'999), tick(60'000)}),
            Told{"old at 3: 0"});
}

TEST(LabelLearner, ARowOfNoWeightGivesItsOutcomeButIsNotLearned) {
  Waiting waiting;
  EXPECT_EQ(waiting.step({row(0, "a"), label(1, "a", 1)}, 0), Told{"a at 1: 1"});
  EXPECT_TRUE(waiting.script->observed.empty());
  EXPECT_TRUE(waiting.script->learned.empty());
}

TEST(LabelLearner, GivesOutcomesAndLearnsNothingWhileTheModelIsFrozen) {
  Waiting waiting;
  waiting.freeze();
  EXPECT_EQ(waiting.step({row(0, "a"), label(1, "a", 1)}), Told{"a at 1: 1"});
  EXPECT_TRUE(waiting.script->observed.empty());
  EXPECT_TRUE(waiting.script->learned.empty());
}

TEST(LabelLearner, ContinuesFromItsState) {
  Waiting waiting, restored;
  waiting.step({row(0, "a", 7), row(1, "b", 8)});
  std::string bytes;
  StateWriter writer(bytes);
  waiting.learner->state(writer);
  StateReader reader(bytes);
  restored.learner->state(reader);
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_EQ(restored.step({label(5, "b", 0), label(6, "a", 1)}), (Told{"b at 0: 0", "a at 1: 1"}));
  EXPECT_EQ(restored.script->learned, (Learned{{8, 0, 1}, {7, 1, 1}}));
}

}  // namespace
}  // namespace weir
