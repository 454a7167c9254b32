#include "operators/model/outcome_writer.h"

#include <gtest/gtest.h>

#include "tests/operators/model/model_parts.h"

namespace weir {
namespace {

class OutcomeWriterTest : public testing::Test {
 protected:
  void use(ModelPlan plan) {
    plan_ = with_outcomes(std::move(plan));
    model_.emplace(plan_, std::make_unique<ScriptedModel>(), 0);
    TestClock clock;
    const InputRow ticks[] = {{0, {}, InputRow::kTick}, {1, {}, InputRow::kTick}};
    fill_step(step_, ticks, 0, clock);
    model_->begin_step();
  }
  OutcomeWriter writer(std::vector<bool> needed) {
    OutcomeWriter made(plan_, std::move(needed));
    made.begin_step();
    return made;
  }

  ModelPlan plan_;
  Step step_;
  std::optional<ServedModel> model_;
};

TEST_F(OutcomeWriterTest, WritesWhatTheModelSaidAndHowGoodThatWas) {
  use(plan_of_x(Task::binary));
  OutcomeWriter writer = this->writer(all_of(plan_.outcomes));
  const Served served{.prediction = 1, .score = 0.75, .version = 1, .updates = 9};
  Label label;
  label.number = 0;
  writer.emit_outcome({1, served, {}, label, 0, 250}, *model_, step_.arena);
  writer.pass_number(1, 3.5);
  writer.pass_text(2, "note");
  const WrittenOutcomes written(plan_, writer, step_);
  ASSERT_EQ(written.rows(), 1u);
  EXPECT_EQ(written.position(0), 1u);
  EXPECT_EQ(written.at(0, "x"), cell(3.5));
  EXPECT_EQ(written.at(0, "note"), cell("note"));
  EXPECT_EQ(written.at(0, "id"), missing()) << "not set";
  EXPECT_EQ(written.at(0, "prediction"), cell(1.0));
  EXPECT_EQ(written.at(0, "score"), cell(0.75));
  EXPECT_EQ(written.at(0, "model"), cell("under_test"));
  EXPECT_EQ(written.at(0, "model_version"), cell("00000000.1"));
  EXPECT_EQ(written.at(0, "updates"), cell(9.0));
  EXPECT_EQ(written.at(0, "label"), cell(0.0));
  EXPECT_EQ(written.at(0, "label_delay"), cell(250.0));
  EXPECT_EQ(written.at(0, "error"), cell(1.0));
  EXPECT_EQ(written.at(0, "fallback"), cell(0.0));
}

TEST_F(OutcomeWriterTest, WritesClassesByNameAndTheirProbabilities) {
  ModelPlan plan = plan_of_x(Task::classes);
  plan.classes = {"low", "high"};
  plan.probabilities = true;
  use(std::move(plan));
  OutcomeWriter writer = this->writer(all_of(plan_.outcomes));
  const Served served{.prediction = 1, .score = 0.8, .version = 1, .updates = 0};
  Label label;
  label.text = "low";
  const double scores[] = {0.2, 0.8};
  writer.emit_outcome({0, served, scores, label, 0, 0}, *model_, step_.arena);
  const WrittenOutcomes written(plan_, writer, step_);
  EXPECT_EQ(written.at(0, "prediction"), cell("high"));
  EXPECT_EQ(written.at(0, "label"), cell("low"));
  EXPECT_EQ(written.at(0, "p_low"), cell(0.2));
  EXPECT_EQ(written.at(0, "p_high"), cell(0.8));
}

TEST_F(OutcomeWriterTest, LeavesOutWhatNobodyReads) {
  use(plan_of_x(Task::binary));
  EXPECT_FALSE(writer(std::vector<bool>(plan_.outcomes.size())).any_needed());
  std::vector<bool> needed(plan_.outcomes.size());
  needed[*plan_.outcomes.find("loss")] = true;
  OutcomeWriter writer = this->writer(needed);
  EXPECT_TRUE(writer.any_needed());
  EXPECT_FALSE(writer.needed(0));
  const Served served{.prediction = 1, .score = 0.75};
  writer.emit_outcome({0, served, {}, Label{}, 0, 0}, *model_, step_.arena);
  const WrittenOutcomes written(plan_, writer, step_);
  EXPECT_EQ(written.at(0, "score"), missing());
  EXPECT_NE(written.at(0, "loss"), missing());
}

}  // namespace
}  // namespace weir
