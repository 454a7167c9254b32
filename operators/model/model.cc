#include "operators/model/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "operators/labels/labels.h"
#include "operators/model/model_operator.h"
#include "operators/model/model_plan.h"
#include "pipeline/core/check.h"

namespace weir {
namespace {

bool is_field_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !letter(name[0])) return false;
  return std::ranges::all_of(
      name, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

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

Type target_type(Task task) {
  return task == Task::binary ? Type::boolean : task == Task::classes ? Type::text : Type::number;
}

Constant constant(const Literal& literal) {
  if (const auto* flag = std::get_if<bool>(&literal.value)) return {*flag ? 1.0 : 0.0, {}};
  if (const auto* number = std::get_if<double>(&literal.value)) return {*number, {}};
  return {0, std::get<std::string>(literal.value)};
}

class ModelOperatorSpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override;
  std::vector<Written> inputs() const override;
  void bind(Binding& binding) override;
  std::unique_ptr<Operator> make(const Placement& placement) const override {
    return std::make_unique<ModelOperator>(plan_, steps_.make(placement.seed), outcomes_,
                                           placement);
  }
  std::uint32_t logic() const override { return 3 + steps_.logic(); }

 private:
  struct FeatureList {
    std::vector<Written> fields;
    bool all = false;
    std::vector<Written> except;
  };

  std::optional<Task> bind_target(Binding& binding);
  std::optional<Task> bind_labels(Binding& binding);
  void bind_match(Binding& binding, LabelsPlan& plan);
  void bind_constants(Binding& binding, Task task);
  void bind_features(Binding& binding);
  void add_feature(std::size_t field);
  void bind_classes(Binding& binding, Task task);
  void warn_of_leaks(Binding& binding);
  void declare(Binding& binding, Task task);
  void declare_lineage(Binding& binding, const std::string& prefix);

  Written input_;
  FeatureList features_;
  std::optional<Written> target_;
  ModelSpec steps_;
  std::optional<LabelsOptions> labels_;
  std::optional<Written> learn_when_, weight_;
  double threshold_ = 0.5;
  std::optional<Literal> fallback_;
  std::vector<Written> classes_;
  std::size_t max_classes_ = 1'000;
  bool probabilities_ = false;
  std::string as_;

  ModelPlan plan_;
  Schema outcomes_;
};

void ModelOperatorSpec::describe(OptionVisitor& option) {
  option("input", input_, {.doc = "the rows", .required = true});
  std::vector<Written> key;
  option("key", key, {.doc = "one model per key", .later = "learners"});
  option.block("features",
               {.doc = "the fields it learns from, in this order; or { all: true, except: [...] }",
                .required = true,
                .example = "[amount, country]"},
               [&](OptionVisitor& inside) {
                 inside("fields", features_.fields, {.doc = "names of fields"});
                 inside("all", features_.all, {.doc = "every field but the target and times"});
                 inside("except", features_.except, {.doc = "fields that `all` leaves out"});
               });
  option("target", target_,
         {.doc = "what it learns: a boolean, a text (classes) or a number; its own row's field, or "
                 "with `labels:` the label's"});
  steps_.describe(option);
  LabelsOptions labels = labels_.value_or(LabelsOptions{});
  const Rule rule{.doc = "where labels come from, when they come later than the row"};
  if (option.block("labels", rule, [&](OptionVisitor& inside) { labels.describe(inside); }))
    labels_ = std::move(labels);
  option("learn_when", learn_when_, {.doc = "rows for which this is not true are not learned"});
  option("weight", weight_, {.doc = "how much a row counts; missing or not above 0: not learned"});
  option("threshold", threshold_,
         {.doc = "binary: the prediction is score > threshold", .min = 0, .max = 1});
  option("fallback", fallback_,
         {.doc = "the score (or class) of a row that the model cannot score; default: none"});
  option("classes", classes_, {.doc = "the classes, when no others may be learned"});
  option("max_classes", max_classes_,
         {.doc = "classes learned at most, when they are not given, beside the fallback's; rows of "
                 "others are evictions",
          .min = 2,
          .max = 60'000});
  option("probabilities", probabilities_, {.doc = "adds p_CLASS for each of `classes`"});
  option("as", as_, {.doc = "begins the names of its fields: NAME_score, ..."});
}

std::vector<Written> ModelOperatorSpec::inputs() const {
  std::vector<Written> edges{input_};
  if (labels_) edges.push_back(labels_->input);
  return edges;
}

void ModelOperatorSpec::bind(Binding& binding) {
  plan_ = {};
  plan_.name = binding.name();
  plan_.rows = binding.input(0);
  plan_.threshold = threshold_;
  plan_.max_classes = max_classes_;
  plan_.probabilities = probabilities_;
  const std::optional<Task> task = labels_ ? bind_labels(binding) : bind_target(binding);
  bind_features(binding);
  if (plan_.target) warn_of_leaks(binding);
  if (learn_when_) plan_.learn_when = binding.expression(0, *learn_when_, Type::boolean);
  if (weight_) plan_.weight = binding.expression(0, *weight_, Type::number);
  if (!as_.empty() && !is_field_name(as_))
    binding.error(binding.place(), fmt::format("`as: {}` cannot begin the name of a field", as_));
  if (!task) return;
  plan_.task = *task;
  bind_constants(binding, *task);
  bind_classes(binding, *task);
  for (const ModelSpec::Mistake& mistake : steps_.bind(*task, plan_.features))
    binding.error(mistake.place.line > 0 ? mistake.place : binding.place(), mistake.message);
  declare(binding, *task);
}

std::optional<Task> ModelOperatorSpec::bind_target(Binding& binding) {
  if (!target_) {
    binding.error(binding.place(),
                  "a model needs a `target`, in the row or by `labels:` (anomaly detection and "
                  "clustering come later: learners)");
    return std::nullopt;
  }
  plan_.target = binding.field(0, *target_);
  if (!plan_.target) return std::nullopt;
  const std::optional<Task> task = task_of(plan_.rows.fields[*plan_.target].type);
  if (!task)
    binding.error(target_->place, fmt::format("the target `{}` is a time: a model learns a "
                                              "boolean, a text (classes) or a number",
                                              target_->text));
  return task;
}

std::optional<Task> ModelOperatorSpec::bind_labels(Binding& binding) {
  LabelsPlan plan;
  plan.join = labels_->join();
  bind_match(binding, plan);
  for (std::size_t port : {0, 1})
    if (!binding.timed(port))
      binding.error(labels_->input.place,
                    fmt::format("labels wait in event time, but `{}` has none: give its source a "
                                "`time:`",
                                binding.edge(port)));
  std::optional<Task> task;
  if (labels_->present) {
    if (labels_->field)
      binding.error(labels_->field->place, "`present` is the label: leave out `field`");
    task = task_of(*labels_->present);
    if (!task) binding.error(labels_->present->place, "`present` needs a value");
  } else if (labels_->field || target_) {
    plan.field = binding.field(1, labels_->field ? *labels_->field : *target_);
    if (plan.field) {
      binding.label(1, *plan.field);
      task = task_of(binding.input(1).fields[*plan.field].type);
      if (!task)
        binding.error(labels_->field ? labels_->field->place : target_->place,
                      "a label is a boolean, a text (classes) or a number, not a time");
    }
  } else {
    binding.error(binding.place(), "a model needs a `target`: the label's field");
  }
  plan_.labels = std::move(plan);
  return task;
}

void ModelOperatorSpec::bind_match(Binding& binding, LabelsPlan& plan) {
  const std::optional<std::size_t> mine = binding.field(0, labels_->match_row);
  const std::optional<std::size_t> theirs = binding.field(1, labels_->match_label);
  if (mine) binding.require(0, *mine);
  if (theirs) binding.require(1, *theirs);
  if (!mine || !theirs) return;
  const Type type = plan_.rows.fields[*mine].type;
  const Type other = binding.input(1).fields[*theirs].type;
  if (type != other)
    binding.error(labels_->match_row.place,
                  fmt::format("`match` compares {} with {}", type_name(type), type_name(other)));
  plan.row_id = *mine;
  plan.label_id = *theirs;
  plan.text_id = type == Type::text;
}

void ModelOperatorSpec::bind_constants(Binding& binding, Task task) {
  const auto take = [&](std::string_view name, const std::optional<Literal>& literal,
                        bool number_too) -> std::optional<Constant> {
    if (!literal || std::holds_alternative<std::monostate>(literal->value)) return std::nullopt;
    const std::optional<Task> its = task_of(*literal);
    if (its == task || (number_too && task == Task::binary && its == Task::regression))
      return constant(*literal);
    binding.error(literal->place, fmt::format("`{}` must be a {}, as the target is", name,
                                              type_name(target_type(task))));
    return std::nullopt;
  };
  plan_.fallback = take("fallback", fallback_, true);
  if (plan_.fallback && task == Task::binary &&
      !(plan_.fallback->number >= 0 && plan_.fallback->number <= 1))
    binding.error(fallback_->place, "`fallback` is a probability: 0 to 1");
  if (!labels_) return;
  plan_.labels->present = take("present", labels_->present, false);
  plan_.labels->absent = take("absent", labels_->absent, false);
}

void ModelOperatorSpec::bind_features(Binding& binding) {
  const Schema& rows = plan_.rows;
  if (features_.all) {
    if (!features_.fields.empty())
      binding.error(features_.fields[0].place, "`fields` and `all` exclude each other");
    std::vector<bool> out(rows.size());
    for (const Written& name : features_.except) {
      if (const auto field = rows.find(name.text))
        out[*field] = true;
      else
        binding.field(0, name);  // reports it
    }
    for (std::size_t field = 0; field < rows.size(); ++field)
      if (!out[field] && field != plan_.target && rows.fields[field].type != Type::time) {
        add_feature(field);
        binding.read(0, field);
      }
  }
  std::vector<std::size_t> seen;
  for (const Written& name : features_.fields) {
    const std::optional<std::size_t> field = binding.field(0, name);
    if (!field) continue;
    if (rows.fields[*field].type == Type::time)
      binding.error(name.place, fmt::format("`{0}` is a time, which no model takes: use "
                                            "hour({0}) or weekday({0}) in `features`",
                                            name.text));
    else if (field == plan_.target)
      binding.error(name.place, fmt::format("`{}` is the target: it cannot be a feature of the "
                                            "same row",
                                            name.text));
    else if (std::ranges::find(seen, *field) != seen.end())
      binding.error(name.place, fmt::format("the feature `{}` is there twice", name.text));
    else
      add_feature(*field);
    seen.push_back(*field);
  }
}

/// A target in the row itself must not feed a feature of the same row.
void ModelOperatorSpec::warn_of_leaks(Binding& binding) {
  std::vector<std::size_t> features = plan_.numbers;
  features.insert(features.end(), plan_.texts.begin(), plan_.texts.end());
  for (const Leak& leak : binding.leaks(0, *plan_.target, features)) {
    const std::string& name = plan_.rows.fields[leak.feature].name;
    const auto written = std::ranges::find(features_.fields, name, &Written::text);
    binding.warning(written == features_.fields.end() ? binding.place() : written->place,
                    leak.text);
  }
}

void ModelOperatorSpec::add_feature(std::size_t field) {
  const Field& written = plan_.rows.fields[field];
  const bool text = written.type == Type::text;
  const FeatureKind kind = text                            ? FeatureKind::text
                           : written.type == Type::boolean ? FeatureKind::boolean
                                                           : FeatureKind::number;
  plan_.features.push_back({written.name, kind});
  (text ? plan_.texts : plan_.numbers).push_back(field);
}

void ModelOperatorSpec::bind_classes(Binding& binding, Task task) {
  if (!classes_.empty() && task != Task::classes)
    binding.error(classes_[0].place, "`classes` needs a target that is a text");
  if (probabilities_ && classes_.empty())
    binding.error(binding.place(), "`probabilities: true` needs `classes`: they name its fields");
  for (const Written& name : classes_) {
    if (std::ranges::find(plan_.classes, name.text) != plan_.classes.end())
      binding.error(name.place, fmt::format("the class `{}` is there twice", name.text));
    else if (probabilities_ && !is_field_name("p_" + name.text))
      binding.error(name.place, fmt::format("`p_{}` is not a name for a field", name.text));
    plan_.classes.push_back(name.text);
  }
  const auto check = [&](std::string_view option, const std::optional<Constant>& value,
                         const std::optional<Literal>& written) {
    if (task != Task::classes || classes_.empty() || !value) return;
    if (std::ranges::find(plan_.classes, value->text) == plan_.classes.end())
      binding.error(written->place,
                    fmt::format("`{}: {}` is none of `classes`", option, value->text));
  };
  check("fallback", plan_.fallback, fallback_);
  if (!labels_) return;
  check("present", plan_.labels->present, labels_->present);
  check("absent", plan_.labels->absent, labels_->absent);
}

void ModelOperatorSpec::declare(Binding& binding, Task task) {
  const std::string prefix = as_.empty() ? "" : as_ + "_";
  const Type type = target_type(task);
  std::vector<Field> served{{prefix + "prediction", type},
                            {prefix + "score", Type::number},
                            {prefix + "model", Type::text},
                            {prefix + "model_version", Type::text},
                            {prefix + "updates", Type::number}};
  if (probabilities_)
    for (const std::string& name : plan_.classes)
      served.push_back({prefix + "p_" + name, Type::number});
  std::vector<Field> known = served;
  for (const Field& field :
       {Field{"label", type}, Field{"label_delay", Type::number}, Field{"error", Type::number},
        Field{"loss", Type::number}, Field{"fallback", Type::boolean}})
    known.push_back({prefix + field.name, field.type});
  outcomes_ = plan_.rows;
  outcomes_.fields.insert(outcomes_.fields.end(), known.begin(), known.end());
  binding.output("", 0, std::move(served));
  binding.output("outcomes", 0, std::move(known));
  declare_lineage(binding, prefix);
}

/// A row's score is made of its features; its label, of its target, or with `labels:` of another
/// record.
void ModelOperatorSpec::declare_lineage(Binding& binding, const std::string& prefix) {
  std::vector<std::string> features;
  for (const Feature& feature : plan_.features) features.push_back(feature.name);
  std::vector<std::string> served{"prediction", "score"};
  if (probabilities_)
    for (const std::string& name : plan_.classes) served.push_back("p_" + name);
  for (const std::string_view output : {"", "outcomes"})
    for (const std::string& name : served) binding.made_of(output, prefix + name, features);
  binding.made_of("outcomes", prefix + "fallback", features);
  if (plan_.target)
    binding.made_of("outcomes", prefix + "label", {plan_.rows.fields[*plan_.target].name});
  for (const char* name : {"error", "loss"})
    binding.made_of("outcomes", prefix + name, {prefix + "label", prefix + "prediction"});
}

}  // namespace

std::unique_ptr<OperatorSpec> make_model() { return std::make_unique<ModelOperatorSpec>(); }

}  // namespace weir
