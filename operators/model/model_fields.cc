#include "operators/model/model_fields.h"

#include <string>

namespace weir {

Type target_type(Task task) {
  switch (task) {
    case Task::binary:
      return Type::boolean;
    case Task::classes:
      return Type::text;
    case Task::regression:
      return Type::number;
  }
  return Type::number;
}

std::vector<Field> served_fields(const ModelPlan& plan) {
  std::vector<Field> fields{{plan.prefix + "prediction", target_type(plan.task)},
                            {plan.prefix + "score", Type::number},
                            {plan.prefix + "model", Type::text},
                            {plan.prefix + "model_version", Type::text},
                            {plan.prefix + "updates", Type::number}};
  if (plan.probabilities)
    for (const std::string& name : plan.classes)
      fields.push_back({plan.prefix + "p_" + name, Type::number});
  return fields;
}

std::vector<Field> outcome_fields(const ModelPlan& plan) {
  return {{plan.prefix + "label", target_type(plan.task)},
          {plan.prefix + "label_delay", Type::number},
          {plan.prefix + "error", Type::number},
          {plan.prefix + "loss", Type::number},
          {plan.prefix + "fallback", Type::boolean}};
}

}  // namespace weir
