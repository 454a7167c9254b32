#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/model.h"
#include "operators/model/model_fields.h"
#include "operators/model/model_plan.h"
#include "operators/model/outcome_writer.h"
#include "tests/operators/literal_rows.h"

namespace weir {

/// A model that says what a test wants, and remembers what it was given.
class ScriptedModel final : public Model {
 public:
  struct Learned {
    double x;  // the first number
    double y;
    double weight;
    bool operator==(const Learned&) const = default;
  };

  bool predict_one(const Features&, std::vector<double>& scores) const override {
    scores = next_scores;
    return can_score;
  }
  void observe_one(const Features& features) override { observed.push_back(features.numbers[0]); }
  bool learn_one(const Features& features, double y, double weight) override {
    learned.push_back({features.numbers[0], y, weight});
    return true;
  }
  std::size_t classes() const override { return next_scores.size(); }
  std::uint64_t restored() const override { return restores; }
  void state(StateVisitor&) override {}

  std::vector<double> next_scores{0.5};
  bool can_score = true;
  std::uint64_t restores = 0;
  std::vector<double> observed;
  std::vector<Learned> learned;
};

/// A plan over rows `id: text, x: number, note: text`, with the feature `x`.
inline ModelPlan plan_of_x(Task task) {
  ModelPlan plan;
  plan.name = "under_test";
  plan.task = task;
  plan.rows = {{{"id", Type::text}, {"x", Type::number}, {"note", Type::text}}};
  plan.features = {{"x", FeatureKind::number}};
  plan.numbers = {1};
  return plan;
}

/// Fills in the schema of the plan's outcomes, as binding does last.
inline ModelPlan with_outcomes(ModelPlan plan) {
  plan.outcomes = plan.rows;
  for (const auto& fields : {served_fields(plan), outcome_fields(plan)})
    plan.outcomes.fields.insert(plan.outcomes.fields.end(), fields.begin(), fields.end());
  return plan;
}

inline std::vector<bool> all_of(const Schema& schema) {
  return std::vector<bool>(schema.size(), true);
}

/// What an outcome writer wrote in a step, by name of field.
class WrittenOutcomes {
 public:
  WrittenOutcomes(const ModelPlan& plan, OutcomeWriter& writer, Step& step) {
    batch_.schema = &plan.outcomes;
    writer.finish_step(step, batch_);
  }
  std::size_t rows() const { return batch_.rows; }
  std::uint32_t position(std::size_t row) const { return batch_.positions[row]; }
  Cell at(std::size_t row, std::string_view field) const {
    return cell_of(batch_, *batch_.schema->find(field), row);
  }

 private:
  Batch batch_;
};

}  // namespace weir
