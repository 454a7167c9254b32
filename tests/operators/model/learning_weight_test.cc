#include "operators/model/learning_weight.h"

#include <gtest/gtest.h>

#include <string_view>

#include "tests/operators/model/model_parts.h"
#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

Expression compiled(std::string_view text, const Schema& schema) {
  return std::get<Expression>(compile_expression(text, schema));
}

/// The weights of rows with the given `x`, the last of them served the fallback.
std::vector<double> weights(ModelPlan plan, const std::vector<double>& x) {
  std::vector<InputRow> rows;
  for (const double one : x) rows.push_back({0, {cell("a"), cell(one), missing()}});
  Arena arena;
  LearningWeight weight(plan);
  weight.begin(batch_of(plan.rows, rows, 0, arena), arena);
  std::vector<double> all;
  for (std::size_t row = 0; row < x.size(); ++row)
    all.push_back(weight.of(row, Served{.fallback = row + 1 == x.size()}));
  return all;
}

TEST(LearningWeight, IsOneUnlessTheRowWasServedTheFallback) {
  EXPECT_EQ(weights(plan_of_x(Task::binary), {1, kMissing, 3}), (std::vector<double>{1, 1, 0}));
}

TEST(LearningWeight, IsNothingWhereLearnWhenIsNotTrue) {
  ModelPlan plan = plan_of_x(Task::binary);
  plan.learn_when = compiled("x > 1", plan.rows);
  EXPECT_EQ(weights(plan, {1, 2, kMissing, 2}), (std::vector<double>{0, 1, 0, 0}));
}

TEST(LearningWeight, IsNothingWhereItIsMissingOrNotAboveZero) {
  ModelPlan plan = plan_of_x(Task::binary);
  plan.weight = compiled("x", plan.rows);
  EXPECT_EQ(weights(plan, {0.5, 0, -1, kMissing, 1}), (std::vector<double>{0.5, 0, 0, 0, 0}));
}

TEST(LearningWeight, CountsOperationsWithoutAResultAlsoInItsState) {
  ModelPlan plan = plan_of_x(Task::binary);
  plan.weight = compiled("1 / x", plan.rows);
  LearningWeight weight(plan);
  const std::vector<InputRow> rows = {{0, {cell("a"), cell(0.0), missing()}}};
  Arena arena;
  weight.begin(batch_of(plan.rows, rows, 0, arena), arena);
  std::string bytes;
  StateWriter writer(bytes);
  weight.state(writer);
  LearningWeight restored(plan);
  StateReader reader(bytes);
  restored.state(reader);
  FakeReporter report;
  restored.report(report);
  EXPECT_EQ(report["weir_expression_invalid_total"], 1);
  FakeReporter none;
  LearningWeight(plan_of_x(Task::binary)).report(none);
  EXPECT_TRUE(none.values.empty());
}

}  // namespace
}  // namespace weir
