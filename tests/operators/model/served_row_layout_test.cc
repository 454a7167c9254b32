#include "operators/model/served_row_layout.h"

#include <gtest/gtest.h>

#include "tests/operators/model/model_parts.h"

namespace weir {
namespace {

ModelPlan waiting_plan(Task task, bool text_id) {
  ModelPlan plan = plan_of_x(task);
  plan.labels.emplace();
  plan.labels->text_id = text_id;
  plan.labels->row_id = text_id ? 0 : 1;
  return with_outcomes(std::move(plan));
}

std::vector<bool> needed(const ModelPlan& plan, std::initializer_list<std::size_t> fields) {
  std::vector<bool> needed(plan.outcomes.size());
  for (const std::size_t field : fields) needed[field] = true;
  return needed;
}

TEST(ServedRowLayout, UnpacksWhatItPacked) {
  const ModelPlan plan = waiting_plan(Task::classes, true);
  const ServedRowLayout layout(plan, needed(plan, {2}));
  Arena arena;
  const InputRow rows[] = {{5, {cell("a"), cell(1.5), cell("n")}},
                           {6, {cell("b"), missing(), missing()}}};
  const Batch batch = batch_of(plan.rows, rows, 0, arena);
  const double scores[] = {0.25, 0.75};
  const Served served{
      .prediction = 1, .score = 0.75, .version = 3, .updates = 11, .made_by = 7, .fallback = true};
  WaitingRow row;
  layout.pack(batch, 0, {1'234, 0.5, served}, scores, row);
  EXPECT_EQ(row.numbers.size(), layout.columns().numbers.size());
  EXPECT_EQ(row.texts.size(), layout.columns().texts.size());
  EXPECT_EQ(row.texts[0], "a") << "the id comes first";
  EXPECT_EQ(row.list, std::vector<double>({0.25, 0.75}));
  EXPECT_TRUE(layout.columns().list);

  const ServedRowLayout::Kept kept = layout.kept(row);
  EXPECT_EQ(kept.time, 1'234);
  EXPECT_EQ(kept.weight, 0.5);
  EXPECT_EQ(kept.served.prediction, 1);
  EXPECT_EQ(kept.served.score, 0.75);
  EXPECT_EQ(kept.served.version, 3);
  EXPECT_EQ(kept.served.updates, 11);
  EXPECT_EQ(kept.served.made_by, 7u);
  EXPECT_TRUE(kept.served.fallback);
  ASSERT_EQ(layout.features(row).numbers.size(), 1u);
  EXPECT_EQ(layout.features(row).numbers[0], 1.5);
  EXPECT_TRUE(layout.features(row).texts.empty());

  layout.pack(batch, 1, {}, {}, row);
  EXPECT_TRUE(is_missing(layout.features(row).numbers[0]));
  EXPECT_TRUE(row.list.empty());
}

TEST(ServedRowLayout, KeepsAFieldOnceThoughItIsAFeatureAndRead) {
  const ModelPlan plan = waiting_plan(Task::binary, true);
  EXPECT_EQ(ServedRowLayout(plan, needed(plan, {1})).columns(),
            ServedRowLayout(plan, needed(plan, {})).columns());
}

TEST(ServedRowLayout, NamesItsColumnsAfterTheFieldsAndTheirTypes) {
  const ModelPlan plan = waiting_plan(Task::binary, true);
  const WaitingLayout layout = ServedRowLayout(plan, needed(plan, {2})).columns();
  EXPECT_EQ(layout.texts, (std::vector<std::string>{"id:text", "note:text"}));
  ASSERT_FALSE(layout.numbers.empty());
  EXPECT_EQ(layout.numbers[0], "x:number");
}

TEST(ServedRowLayout, PassesOnTheFieldsThatReadersUse) {
  const ModelPlan plan = waiting_plan(Task::binary, false);
  const std::vector<bool> read = needed(plan, {1, 2});
  const ServedRowLayout layout(plan, read);
  Step step;
  TestClock clock;
  const InputRow rows[] = {{5, {cell("a"), cell(1.5), missing()}}};
  fill_step(step, rows, 0, clock);
  WaitingRow row;
  layout.pack(batch_of(plan.rows, rows, 0, step.arena), 0, {}, {}, row);
  OutcomeWriter outcomes(plan, read);
  ServedModel model(plan, std::make_unique<ScriptedModel>(), 0);
  outcomes.begin_step();
  outcomes.emit_outcome({0, Served{}, {}, Label{}, 0, 0}, model, step.arena);
  layout.pass_on(row, outcomes, step.arena);
  const WrittenOutcomes written(plan, outcomes, step);
  EXPECT_EQ(written.at(0, "x"), cell(1.5));
  EXPECT_EQ(written.at(0, "note"), missing());
  EXPECT_EQ(written.at(0, "id"), missing());
}

}  // namespace
}  // namespace weir
