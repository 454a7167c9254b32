#include "operators/model/model_fields.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace weir {
namespace {

/// A plan over two fields, and the schema of its outcomes as it would be declared.
std::pair<ModelPlan, Schema> declared(Task task, bool probabilities, std::string prefix) {
  ModelPlan plan;
  plan.task = task;
  plan.rows = {{{"id", Type::text}, {"x", Type::number}}};
  plan.classes = {"low", "high"};
  plan.probabilities = probabilities;
  plan.prefix = std::move(prefix);
  Schema outcomes = plan.rows;
  for (const auto& fields : {served_fields(plan), outcome_fields(plan)})
    outcomes.fields.insert(outcomes.fields.end(), fields.begin(), fields.end());
  return {std::move(plan), std::move(outcomes)};
}

TEST(ModelFields, StandWhereTheyAreDeclaredWithAndWithoutProbabilities) {
  for (const bool probabilities : {false, true})
    for (const std::string prefix : {"", "first_"}) {
      const auto [plan, outcomes] = declared(Task::classes, probabilities, prefix);
      const ModelFields at(plan);
      const std::pair<const char*, std::size_t> expected[] = {
          {"prediction", at.prediction()},
          {"score", at.score()},
          {"model", at.model()},
          {"model_version", at.version()},
          {"updates", at.updates()},
          {"label", at.label()},
          {"label_delay", at.label_delay()},
          {"error", at.error()},
          {"loss", at.loss()},
          {"fallback", at.fallback()}};
      for (const auto& [name, where] : expected)
        EXPECT_EQ(outcomes.find(prefix + name), where) << prefix << name << probabilities;
      EXPECT_EQ(outcomes.size(), at.fallback() + 1);
      ASSERT_EQ(at.classes(), probabilities ? 2u : 0u);
      for (std::size_t i = 0; i < at.classes(); ++i)
        EXPECT_EQ(outcomes.find(prefix + "p_" + plan.classes[i]), at.probability(i));
    }
}

TEST(ModelFields, LabelsAndPredictionsHaveTheTypeOfTheTask) {
  const std::pair<Task, Type> types[] = {{Task::binary, Type::boolean},
                                         {Task::classes, Type::text},
                                         {Task::regression, Type::number}};
  for (const auto& [task, type] : types) {
    const auto [plan, outcomes] = declared(task, false, "");
    const ModelFields at(plan);
    EXPECT_EQ(outcomes.fields[at.prediction()].type, type);
    EXPECT_EQ(outcomes.fields[at.label()].type, type);
    EXPECT_EQ(outcomes.fields[at.score()].type, Type::number);
  }
}

}  // namespace
}  // namespace weir
