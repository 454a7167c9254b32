#include "operators/model/model_parts.h"

#include <string>

#include "operators/model/model_fields.h"

namespace weir {
namespace {

using Fact = StatePart::Fact;

// Raised with the arithmetic of serving and of waiting.
constexpr std::uint32_t kServing = 4;
constexpr std::uint32_t kWaiting = 2;

/// What the model learns: the label's field, wherever it comes from.
const Field* target_of(const Binding& binding, const ModelPlan& plan) {
  if (!plan.labels) return &plan.rows.fields[*plan.target];
  return plan.labels->field ? &binding.input(1).fields[*plan.labels->field] : nullptr;
}

std::string target_name(const Binding& binding, const ModelPlan& plan) {
  const Field* target = target_of(binding, plan);
  return target != nullptr ? target->name : "whether there is a label";
}

StatePart learned(const Binding& binding, const ModelOptions& options, const ModelPlan& plan) {
  std::string features;
  for (const Feature& feature : plan.features) {
    constexpr const char* kKinds[] = {"number", "boolean", "text"};
    features += (features.empty() ? "" : ", ") + feature.name + ' ' +
                kKinds[static_cast<std::size_t>(feature.kind)];
  }
  StatePart part{.name = "model",
                 .depends = {{"steps", binding.option("steps")},
                             {"the type of the target",
                              std::string(type_name(target_type(plan.task)))},
                             {"target", target_name(binding, plan)},
                             {"classes", binding.option("classes")},
                             {"features", features},
                             {"arithmetic",
                              std::to_string(kServing + options.steps->logic())}}};
  for (const auto* fields : {&plan.numbers, &plan.texts})
    for (const std::size_t field : *fields)
      part.made_with.push_back(
          {"feature " + plan.rows.fields[field].name, binding.definition(0, field)});
  if (plan.target)
    part.made_with.push_back({"target " + target_name(binding, plan),
                              binding.definition(0, *plan.target)});
  else if (plan.labels->field)
    part.made_with.push_back({"target " + target_name(binding, plan),
                              binding.definition(1, *plan.labels->field)});
  return part;
}

StatePart waiting(const Binding& binding, const ModelPlan& plan) {
  const LabelsPlan& labels = *plan.labels;
  StatePart part{.name = "labels",
                 .depends = {{"labels.match", binding.option("labels", "match")},
                             {"the type of the id", labels.text_id ? "text" : "number"},
                             {"label", target_name(binding, plan)},
                             {"the type of the label",
                              std::string(type_name(target_type(plan.task)))},
                             {"arithmetic", std::to_string(kWaiting)}}};
  // Rows know the classes that they were served by number.
  if (plan.task == Task::classes) part.depends.push_back({"classes", binding.option("classes")});
  return part;
}

}  // namespace

std::vector<ModelPart> model_parts(const ModelPlan& plan) {
  std::vector<ModelPart> parts;
  if (plan.task == Task::classes) parts.push_back(ModelPart::classes);
  parts.push_back(ModelPart::model);
  if (plan.labels) parts.push_back(ModelPart::labels);
  return parts;
}

std::vector<StatePart> state_parts(const Binding& binding, const ModelOptions& options,
                                   const ModelPlan& plan) {
  std::vector<StatePart> parts;
  for (const ModelPart part : model_parts(plan)) {
    switch (part) {
      case ModelPart::model:
        parts.push_back(learned(binding, options, plan));
        break;
      case ModelPart::classes:
        parts.push_back({.name = "classes", .depends = {{"classes", binding.option("classes")}}});
        break;
      case ModelPart::labels:
        parts.push_back(waiting(binding, plan));
        break;
    }
  }
  return parts;
}

}  // namespace weir
