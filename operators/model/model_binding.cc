#include "operators/model/model_binding.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/model/model_fields.h"
#include "pipeline/core/field_name.h"

namespace weir {
namespace {

std::optional<Task> task_of(Type type) {
  switch (type) {
    case Type::boolean:
      return Task::binary;
    case Type::text:
      return Task::classes;
    case Type::number:
      return Task::regression;
    case Type::time:
      break;
  }
  return std::nullopt;
}

std::optional<Task> task_of(const Literal& literal) {
  if (std::holds_alternative<bool>(literal.value)) return Task::binary;
  if (std::holds_alternative<std::string>(literal.value)) return Task::classes;
  if (std::holds_alternative<double>(literal.value)) return Task::regression;
  return std::nullopt;
}

Constant constant(const Literal& literal) {
  if (const auto* flag = std::get_if<bool>(&literal.value)) return {*flag ? 1.0 : 0.0, {}};
  if (const auto* number = std::get_if<double>(&literal.value)) return {*number, {}};
  return {0, std::get<std::string>(literal.value)};
}

/// Binds one model; see bind_model.
class ModelBinder {
 public:
  ModelBinder(Binding& binding, const ModelOptions& options)
      : binding_(binding), options_(options) {}

  std::optional<ModelPlan> bind();

 private:
  std::optional<Task> bind_target();
  std::optional<Task> bind_labels();
  std::optional<Task> bind_label_field(LabelsPlan& plan);
  void bind_match(LabelsPlan& plan);
  void bind_constants();
  std::optional<Constant> bind_constant(std::string_view name,
                                        const std::optional<Literal>& literal,
                                        bool may_be_probability);
  void bind_features();
  void bind_all_features();
  void add_feature(std::size_t field);
  void bind_classes();
  void refuse_unknown_classes();
  void check_class(std::string_view option, const std::optional<Constant>& value,
                   const std::optional<Literal>& written);
  void bind_steps();
  void warn_of_leaks();
  void declare();
  void declare_lineage();

  Binding& binding_;
  const ModelOptions& options_;
  ModelPlan plan_;
};

std::optional<ModelPlan> ModelBinder::bind() {
  plan_.name = binding_.name();
  plan_.rows = binding_.input(0);
  plan_.skip_outliers = options_.outliers == ModelOptions::Outliers::skip;
  plan_.threshold = options_.threshold;
  plan_.max_classes = options_.max_classes;
  plan_.probabilities = options_.probabilities;
  plan_.prefix = options_.as.empty() ? "" : options_.as + "_";
  const std::optional<Task> task = options_.labels ? bind_labels() : bind_target();
  bind_features();
  if (plan_.target) warn_of_leaks();
  if (options_.learn_when)
    plan_.learn_when = binding_.expression(0, *options_.learn_when, Type::boolean);
  if (options_.weight) plan_.weight = binding_.expression(0, *options_.weight, Type::number);
  if (!options_.as.empty() && !is_field_name(options_.as))
    binding_.error(binding_.place(),
                   fmt::format("`as: {}` cannot begin the name of a field", options_.as));
  if (!task) return std::nullopt;
  plan_.task = *task;
  bind_constants();
  bind_classes();
  bind_steps();
  declare();
  return std::move(plan_);
}

void ModelBinder::bind_steps() {
  for (const ModelSpec::Mistake& mistake : options_.steps->bind(plan_.task, plan_.features)) {
    const Place place = mistake.place.line > 0 ? mistake.place : binding_.place();
    if (mistake.warning)
      binding_.warning(place, mistake.message);
    else
      binding_.error(place, mistake.message);
  }
}

std::optional<Task> ModelBinder::bind_target() {
  if (!options_.target) {
    binding_.error(binding_.place(),
                    "a model needs a `target`, in the row or by `labels:` (anomaly detection and "
                   "clustering are not available yet)");
    return std::nullopt;
  }
  plan_.target = binding_.field(0, *options_.target);
  if (!plan_.target) return std::nullopt;
  const std::optional<Task> task = task_of(plan_.rows.fields[*plan_.target].type);
  if (!task)
    binding_.error(options_.target->place,
                   fmt::format("the target `{}` is a time: a model learns a boolean, a text "
                               "(classes) or a number",
                               options_.target->text));
  return task;
}

std::optional<Task> ModelBinder::bind_labels() {
  LabelsPlan plan;
  plan.join = options_.labels->join();
  plan.longest_silence = options_.labels->longest_silence();
  bind_match(plan);
  for (std::size_t port : {0, 1})
    if (!binding_.timed(port))
      binding_.error(options_.labels->input.place,
                     fmt::format("labels wait in event time, but `{}` has none: give its source a "
                                 "`time:`",
                                 binding_.edge(port)));
  const std::optional<Task> task = bind_label_field(plan);
  plan_.labels = std::move(plan);
  return task;
}

/// Finds what a label is: a constant, or a field of its record.
std::optional<Task> ModelBinder::bind_label_field(LabelsPlan& plan) {
  const LabelsOptions& labels = *options_.labels;
  if (labels.present) {
    if (labels.field)
      binding_.error(labels.field->place, "`present` is the label: remove `field`");
    const std::optional<Task> task = task_of(*labels.present);
    if (!task) binding_.error(labels.present->place, "`present` needs a value");
    return task;
  }
  const std::optional<Written>& name = labels.field ? labels.field : options_.target;
  if (!name) {
    binding_.error(binding_.place(), "a model needs a `target`: the label's field");
    return std::nullopt;
  }
  plan.field = binding_.field(1, *name);
  if (!plan.field) return std::nullopt;
  binding_.label(1, *plan.field);
  const std::optional<Task> task = task_of(binding_.input(1).fields[*plan.field].type);
  if (!task)
    binding_.error(name->place, "a label is a boolean, a text (classes) or a number, not a time");
  return task;
}

void ModelBinder::bind_match(LabelsPlan& plan) {
  const LabelsOptions& labels = *options_.labels;
  const std::optional<std::size_t> mine = binding_.field(0, labels.match_row);
  const std::optional<std::size_t> theirs = binding_.field(1, labels.match_label);
  if (mine) binding_.identify(0, *mine, labels.match_row);
  if (theirs) binding_.identify(1, *theirs, labels.match_label);
  if (!mine || !theirs) return;
  const Type type = plan_.rows.fields[*mine].type;
  const Type other = binding_.input(1).fields[*theirs].type;
  if (type != other)
    binding_.error(labels.match_row.place,
                   fmt::format("`match` compares {} with {}", type_name(type), type_name(other)));
  plan.row_id = *mine;
  plan.label_id = *theirs;
  plan.text_id = type == Type::text;
}

void ModelBinder::bind_constants() {
  plan_.fallback = bind_constant("fallback", options_.fallback, true);
  if (plan_.fallback && plan_.task == Task::binary &&
      !(plan_.fallback->number >= 0 && plan_.fallback->number <= 1))
    binding_.error(options_.fallback->place, "`fallback` is a probability: 0 to 1");
  if (!options_.labels) return;
  plan_.labels->present = bind_constant("present", options_.labels->present, false);
  plan_.labels->absent = bind_constant("absent", options_.labels->absent, false);
}

/// A constant label or prediction; of a boolean target it may be a probability.
std::optional<Constant> ModelBinder::bind_constant(std::string_view name,
                                                   const std::optional<Literal>& literal,
                                                   bool may_be_probability) {
  if (!literal || std::holds_alternative<std::monostate>(literal->value)) return std::nullopt;
  const std::optional<Task> its = task_of(*literal);
  const bool probability =
      may_be_probability && plan_.task == Task::binary && its == Task::regression;
  if (its == plan_.task || probability) return constant(*literal);
  binding_.error(literal->place, fmt::format("`{}` must be a {}, as the target is", name,
                                             type_name(target_type(plan_.task))));
  return std::nullopt;
}

void ModelBinder::bind_features() {
  if (options_.features.all) bind_all_features();
  std::vector<std::size_t> seen;
  for (const Written& name : options_.features.fields) {
    const std::optional<std::size_t> field = binding_.field(0, name);
    if (!field) continue;
    if (plan_.rows.fields[*field].type == Type::time)
      binding_.error(name.place, fmt::format("`{0}` is a time, which no model takes: use "
                                             "hour({0}) or weekday({0}) in `features`",
                                             name.text));
    else if (field == plan_.target)
      binding_.error(name.place, fmt::format("`{}` is the target: it cannot be a feature of the "
                                             "same row",
                                             name.text));
    else if (std::ranges::find(seen, *field) != seen.end())
      binding_.error(name.place, fmt::format("the feature `{}` is listed twice", name.text));
    else
      add_feature(*field);
    seen.push_back(*field);
  }
}

void ModelBinder::bind_all_features() {
  const Schema& rows = plan_.rows;
  if (!options_.features.fields.empty())
    binding_.error(options_.features.fields[0].place, "use `fields` or `all`, not both");
  std::vector<bool> out(rows.size());
  for (const Written& name : options_.features.except) {
    if (const auto field = rows.find(name.text))
      out[*field] = true;
    else
      binding_.field(0, name);  // reports it
  }
  for (std::size_t field = 0; field < rows.size(); ++field)
    if (!out[field] && field != plan_.target && rows.fields[field].type != Type::time) {
      add_feature(field);
      binding_.read(0, field);
    }
}

void ModelBinder::add_feature(std::size_t field) {
  const Field& written = plan_.rows.fields[field];
  const bool text = written.type == Type::text;
  const FeatureKind kind = text                            ? FeatureKind::text
                           : written.type == Type::boolean ? FeatureKind::boolean
                                                           : FeatureKind::number;
  plan_.features.push_back({written.name, kind});
  (text ? plan_.texts : plan_.numbers).push_back(field);
}

/// A target in the row itself must not feed a feature of the same row.
void ModelBinder::warn_of_leaks() {
  std::vector<std::size_t> features = plan_.numbers;
  features.insert(features.end(), plan_.texts.begin(), plan_.texts.end());
  const std::vector<Written>& fields = options_.features.fields;
  for (const Leak& leak : binding_.leaks(0, *plan_.target, features)) {
    const std::string& name = plan_.rows.fields[leak.feature].name;
    const auto written = std::ranges::find(fields, name, &Written::text);
    binding_.warning(written == fields.end() ? binding_.place() : written->place, leak.text);
  }
}

void ModelBinder::bind_classes() {
  if (!options_.classes.empty() && plan_.task != Task::classes)
    binding_.error(options_.classes[0].place, "`classes` needs a target that is a text");
  if (options_.probabilities && options_.classes.empty())
    binding_.error(binding_.place(), "`probabilities: true` needs `classes`: they name its fields");
  for (const Written& name : options_.classes) {
    if (std::ranges::find(plan_.classes, name.text) != plan_.classes.end())
      binding_.error(name.place, fmt::format("the class `{}` is listed twice", name.text));
    else if (options_.probabilities && !is_field_name("p_" + name.text))
      binding_.error(name.place, fmt::format("`p_{}` is not a name for a field", name.text));
    plan_.classes.push_back(name.text);
  }
  if (options_.unknown_class == ModelOptions::UnknownClass::dead_letter) refuse_unknown_classes();
  check_class("fallback", plan_.fallback, options_.fallback);
  if (!options_.labels) return;
  check_class("present", plan_.labels->present, options_.labels->present);
  check_class("absent", plan_.labels->absent, options_.labels->absent);
}

/// What a label may be is checked where its record is read.
void ModelBinder::refuse_unknown_classes() {
  if (options_.classes.empty())
    return binding_.error(binding_.place(),
                          "`unknown_class: dead_letter` needs `classes`: they say what a label may "
                          "be");
  if (plan_.task != Task::classes) return;
  if (plan_.labels && !plan_.labels->field)
    return binding_.error(binding_.place(),
                          "`unknown_class: dead_letter` is for labels that records hold; here "
                          "`present` is the label");
  const std::size_t port = plan_.labels ? 1 : 0;
  const std::size_t field = plan_.labels ? *plan_.labels->field : *plan_.target;
  if (!binding_.label_among(port, field, plan_.classes))
    binding_.error(binding_.place(),
                   fmt::format("`unknown_class: dead_letter` needs a label that a source gives: "
                               "`{}` of `{}` is computed",
                               binding_.input(port).fields[field].name, binding_.edge(port)));
}

void ModelBinder::check_class(std::string_view option, const std::optional<Constant>& value,
                              const std::optional<Literal>& written) {
  if (plan_.task != Task::classes || options_.classes.empty() || !value) return;
  if (std::ranges::find(plan_.classes, value->text) == plan_.classes.end())
    binding_.error(written->place,
                   fmt::format("`{}: {}` is not one of `classes`", option, value->text));
}

void ModelBinder::declare() {
  std::vector<Field> served = served_fields(plan_);
  std::vector<Field> known = served;
  for (Field& field : outcome_fields(plan_)) known.push_back(std::move(field));
  plan_.outcomes = plan_.rows;
  plan_.outcomes.fields.insert(plan_.outcomes.fields.end(), known.begin(), known.end());
  binding_.output("", 0, std::move(served));
  binding_.output("outcomes", 0, std::move(known), StreamRole::outcomes(plan_.prefix));
  declare_lineage();
}

/// A row's score is made of its features; its label, of its target, or with `labels:` of another
/// record.
void ModelBinder::declare_lineage() {
  const std::string& prefix = plan_.prefix;
  std::vector<std::string> features;
  for (const Feature& feature : plan_.features) features.push_back(feature.name);
  std::vector<std::string> served{"prediction", "score"};
  if (plan_.probabilities)
    for (const std::string& name : plan_.classes) served.push_back("p_" + name);
  for (const std::string_view output : {"", "outcomes"})
    for (const std::string& name : served) binding_.made_of(output, prefix + name, features);
  binding_.made_of("outcomes", prefix + "fallback", features);
  if (plan_.target)
    binding_.made_of("outcomes", prefix + "label", {plan_.rows.fields[*plan_.target].name});
  for (const char* name : {"error", "loss"})
    binding_.made_of("outcomes", prefix + name, {prefix + "label", prefix + "prediction"});
}

}  // namespace

std::optional<ModelPlan> bind_model(Binding& binding, const ModelOptions& options) {
  return ModelBinder(binding, options).bind();
}

}  // namespace weir
