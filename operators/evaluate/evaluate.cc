#include "operators/evaluate/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "operators/evaluate/evaluate_operator.h"

namespace weir {
namespace {

constexpr std::int64_t kMaxOverlap = 60;

/// What `metrics` takes: for each type of label, the metrics there are.
std::string metrics_doc() {
  std::string doc = "what is measured";
  for (const auto& [task, label] : {std::pair(Task::binary, Type::boolean),
                                    {Task::classes, Type::text},
                                    {Task::regression, Type::number}}) {
    std::string names;
    for (const MetricType& type : metric_types())
      if (type.make && type.fits(task))
        names += fmt::format("{}{}", names.empty() ? "" : ", ", type.name);
    doc += fmt::format("; of a {} label: {}", type_name(label), names);
  }
  return doc;
}

class EvaluateSpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override;
  std::vector<Written> inputs() const override { return {input_}; }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override;
  std::uint32_t logic() const override { return 3; }
  bool needs_no_reader() const override { return true; }

 private:
  bool bind_fields(Binding& binding, EvaluatePlan& plan) const;
  void bind_metrics(Binding& binding, EvaluatePlan& plan) const;

  std::string metrics_doc_ = metrics_doc();
  Written input_;
  std::vector<Written> metrics_;
  Extent window_{Extent::Unit::rows, 10'000};
  std::optional<Extent> every_;
  bool baseline_ = false;
};

void EvaluateSpec::describe(OptionVisitor& option) {
  option("input", input_,
         {.doc = "a model's outcomes", .required = true, .example = "fraud.outcomes"});
  std::vector<Written> key;
  option("key", key, {.doc = "one evaluation per key", .later = "later"});
  option("metrics", metrics_,
         {.doc = metrics_doc_, .required = true, .example = "[accuracy, log_loss]"});
  option("window", window_,
         {.doc = "what a figure covers: rows, time or all (over rows ROC AUC is exact, over time "
                 "and all it is within 1e-4)",
          .min = 1});
  option("every", every_,
         {.doc = "how often a row is written; default: each full window",
          .min = 1,
          .choices = "rows|duration"});
  option("baseline", baseline_,
         {.doc = "adds typical_METRIC (majority class, mean) and last_METRIC (last label)"});
  if (!option.reading() || !every_ || window_.unit == Extent::Unit::all) return;
  if (every_->unit != window_.unit)
    option.fail("every", "`every` and `window` must both be rows or both be time");
  else if (every_->value * kMaxOverlap < window_.value)
    option.fail("every", fmt::format("`every` is less than a {}th of `window`", kMaxOverlap));
}

std::unique_ptr<const OperatorPlan> EvaluateSpec::bind(Binding& binding) const {
  EvaluatePlan plan;
  plan.window = window_;
  plan.every = every_;
  if (!every_ && window_.unit != Extent::Unit::all) plan.every = window_;
  const std::string_view edge = binding.edge(0);
  if (plan.timed() && !binding.timed(0))
    binding.error(input_.place, fmt::format("a `window` of time needs event times, but `{}` has "
                                            "none: give its source a `time:`",
                                            edge));
  if (!bind_fields(binding, plan)) return nullptr;
  plan.quality.judged = baseline_ ? 3 : 1;
  bind_metrics(binding, plan);

  std::vector<Field> fields;
  for (const std::string& name : plan.columns) fields.push_back({name, Type::number});
  fields.push_back({"count", Type::number});
  fields.push_back({"window_from", Type::time});
  fields.push_back({"window_to", Type::time});
  fields.push_back({"time", Type::time});
  fields.push_back({"shard", Type::number});
  plan.output = {fields};
  binding.output("", std::nullopt, std::move(fields));
  return plan_of([plan = std::move(plan)](const Placement& placement) {
    return std::make_unique<Evaluate>(plan, placement);
  });
}

/// What the names of outcomes begin with in a stream that no operator says anything of: outcomes
/// that were written to a topic and come back. One field of them has a name of its own.
std::string prefix_by_names(const Schema& fields) {
  constexpr std::string_view kMark = "label_delay";
  std::string prefix;
  for (const Field& field : fields.fields)
    if (field.name.ends_with(kMark))
      prefix = field.name.substr(0, field.name.size() - kMark.size());
  return prefix;
}

/// Finds the fields of the outcomes.
bool EvaluateSpec::bind_fields(Binding& binding, EvaluatePlan& plan) const {
  const Schema& input = binding.input(0);
  const StreamRole& role = binding.role(0);
  const bool declared = role.kind == StreamRole::Kind::outcomes;
  const std::string prefix = declared ? role.prefix : prefix_by_names(input);
  plan.model = declared ? role.producer : binding.edge(0);
  const std::array<std::pair<std::string_view, std::size_t*>, 4> wanted = {
      {{"label", &plan.label},
       {"prediction", &plan.prediction},
       {"score", &plan.score},
       {"loss", &plan.loss}}};
  for (const auto& [name, field] : wanted) {
    const auto found = input.find(prefix + std::string(name));
    if (!found) {
      binding.error(input_.place, fmt::format("evaluate reads a model's outcomes (an edge like "
                                              "`fraud.outcomes`), but `{}` has no field `{}`",
                                              binding.edge(0), name));
      return false;
    }
    *field = *found;
    binding.read(0, *found);
  }
  const Type type = input.fields[plan.label].type;
  if (type == Type::time || input.fields[plan.prediction].type != type ||
      input.fields[plan.score].type != Type::number ||
      input.fields[plan.loss].type != Type::number) {
    binding.error(input_.place, fmt::format("evaluate reads a model's outcomes, but the fields of "
                                            "`{}` have other types",
                                            binding.edge(0)));
    return false;
  }
  plan.quality.task = type == Type::boolean ? Task::binary
                       : type == Type::text  ? Task::classes
                                             : Task::regression;
  return true;
}

void EvaluateSpec::bind_metrics(Binding& binding, EvaluatePlan& plan) const {
  const Task task = plan.quality.task;
  const std::string_view label = type_name(binding.input(0).fields[plan.label].type);
  std::vector<std::string_view> names;
  for (const MetricType& type : metric_types())
    if (type.make && type.fits(task)) names.push_back(type.name);
  for (const Written& metric : metrics_) {
    const auto type = std::ranges::find(metric_types(), metric.text, &MetricType::name);
    if (type == metric_types().end()) {
      const std::string_view nearest = nearest_name(metric.text, names);
      binding.error(metric.place,
                    fmt::format("there is no metric `{}`; {}", metric.text,
                                nearest.empty() ? "`weir describe evaluate` lists them"
                                                : fmt::format("did you mean `{}`?", nearest)));
    } else if (!type->later.empty()) {
      binding.error(metric.place, fmt::format("the metric `{}` is not available yet ({})",
                                              metric.text, type->later));
    } else if (!type->fits(task)) {
      binding.error(metric.place,
                    fmt::format("`{}` is not a metric for a {} label; `weir describe evaluate` "
                                "lists those that are",
                                metric.text, label));
    } else if (std::ranges::find(plan.quality.metrics, &*type) != plan.quality.metrics.end()) {
      binding.error(metric.place, fmt::format("the metric `{}` is listed twice", metric.text));
    } else {
      plan.quality.metrics.push_back(&*type);
    }
  }
  for (std::string_view judged : {"", "typical_", "last_"})
    if (judged.empty() || baseline_)
      for (const MetricType* type : plan.quality.metrics)
        plan.columns.push_back(std::string(judged) + std::string(type->name));
}

}  // namespace

std::unique_ptr<OperatorSpec> make_evaluate() { return std::make_unique<EvaluateSpec>(); }

}  // namespace weir
