#include "operators/model/feature_columns.h"

#include <gtest/gtest.h>

#include "tests/operators/model/model_parts.h"

namespace weir {
namespace {

TEST(FeatureColumns, GiveEachRowItsNumbersAndTextsInTheOrderOfTheFeatures) {
  ModelPlan plan = plan_of_x(Task::binary);
  plan.rows.fields.push_back({"z", Type::number});
  plan.numbers = {3, 1};
  plan.texts = {2, 0};
  const InputRow rows[] = {{0, {cell("a"), cell(1.0), cell("n"), cell(9.0)}},
                           {1, {cell("b"), missing(), missing(), cell(8.0)}}};
  Arena arena;
  FeatureColumns features(plan);
  features.begin(batch_of(plan.rows, rows, 0, arena), arena);
  const Features first = features.row(0);
  EXPECT_EQ(std::vector(first.numbers.begin(), first.numbers.end()), (std::vector<double>{9, 1}));
  EXPECT_EQ(first.texts[0], "n");
  EXPECT_EQ(first.texts[1], "a");
  const Features second = features.row(1);
  EXPECT_EQ(second.numbers[0], 8);
  EXPECT_TRUE(is_missing(second.numbers[1]));
  EXPECT_TRUE(is_missing(second.texts[0]));
  EXPECT_EQ(features.numbers()[1][0], 1);
  EXPECT_EQ(features.texts()[1][1], "b");
}

TEST(FeatureColumns, HaveNoColumnsInAStepWithoutRows) {
  const ModelPlan plan = plan_of_x(Task::binary);
  Arena arena;
  FeatureColumns features(plan);
  features.begin(Batch{.schema = &plan.rows}, arena);
  EXPECT_TRUE(features.numbers().empty());
  EXPECT_TRUE(features.texts().empty());
}

}  // namespace
}  // namespace weir
