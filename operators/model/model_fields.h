#pragma once

#include <cstddef>
#include <vector>

#include "operators/model/model_plan.h"
#include "pipeline/core/schema.h"

namespace weir {

/// The type of a task's labels and predictions.
Type target_type(Task task);

/// The fields that a model adds to its rows: `prediction score model model_version updates`, then a
/// `p_CLASS` for each class that shows its probability.
std::vector<Field> served_fields(const ModelPlan& plan);

/// What its output `outcomes` adds after those: `label label_delay error loss fallback`.
std::vector<Field> outcome_fields(const ModelPlan& plan);

/// Where these fields stand in the outputs, after the fields passed on.
class ModelFields {
 public:
  explicit ModelFields(const ModelPlan& plan)
      : first_(plan.rows.size()), classes_(plan.probabilities ? plan.classes.size() : 0) {}

  /// How many classes show their probability.
  std::size_t classes() const { return classes_; }

  std::size_t prediction() const { return first_; }
  std::size_t score() const { return first_ + 1; }
  std::size_t model() const { return first_ + 2; }
  std::size_t version() const { return first_ + 3; }
  std::size_t updates() const { return first_ + 4; }
  std::size_t probability(std::size_t of_class) const { return first_ + 5 + of_class; }

  std::size_t label() const { return first_ + 5 + classes_; }
  std::size_t label_delay() const { return label() + 1; }
  std::size_t error() const { return label() + 2; }
  std::size_t loss() const { return label() + 3; }
  std::size_t fallback() const { return label() + 4; }

 private:
  std::size_t first_;
  std::size_t classes_;
};

}  // namespace weir
