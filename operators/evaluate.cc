#include "operators/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <string>
#include <utility>

#include "monitoring/baselines.h"
#include "operators/outcome_rows.h"
#include "operators/quality_window.h"
#include "operators/row_time.h"
#include "pipeline/core/check.h"
#include "pipeline/core/exact_math.h"
#include "pipeline/core/text_index.h"

namespace weir {
namespace {

constexpr std::int64_t kMaxOverlap = 60;
constexpr std::size_t kMaxOpen = 1'000;
constexpr std::uint32_t kMaxClasses = 1'000;

struct EvaluatePlan {
  QualityPlan quality;
  std::vector<std::string> columns;  // names, in the order of QualityWindow's values
  Extent window;
  std::optional<Extent> every;  // none: a row never comes (`window: all`)
  std::size_t label = 0, prediction = 0, score = 0, loss = 0;  // fields of the input
  std::string model;
  Schema output;

  bool timed() const { return every && every->unit == Extent::Unit::time; }
};

std::int64_t next_multiple(std::int64_t above, std::int64_t of) {
  const std::int64_t rest = above % of;
  return above - rest + (rest < 0 ? 0 : of);
}

double finite(double value) { return std::isfinite(value) ? value : kMissing; }

class Evaluate final : public Operator {
 public:
  Evaluate(const EvaluatePlan& plan, const Placement& placement)
      : plan_(plan),
        shard_(placement.shard),
        rows_(plan.output, placement.needed[0]),
        whole_(plan_.quality, true),
        typical_(Baseline::Kind::typical, plan.quality.task),
        last_(Baseline::Kind::last, plan.quality.task),
        last_values_(plan.columns.size(), kMissing) {}

  void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) override;
  std::optional<std::int64_t> next_timer() const override {
    if (!plan_.timed()) return std::nullopt;
    if (plan_.window.unit == Extent::Unit::all) return pending_;
    return open_.empty() ? std::nullopt : std::optional(open_.front().end());
  }
  void state(StateVisitor& visit) override;
  void report(Reporter& report) const override;
  void summary(Reporter& report) const override;

 private:
  bool read(const Batch& batch, std::size_t row);
  double class_of(std::string_view name, std::uint32_t beyond);
  void add(const Step& step, std::uint32_t position);
  void add_to_rows(std::int64_t time, const Step& step, std::uint32_t position);
  void add_to_times(std::int64_t time, const Step& step, std::uint32_t position);
  void add_to_all(std::int64_t time, const Step& step, std::uint32_t position);
  void close_windows(const Step& step, std::uint32_t last);
  void emit(const QualityWindow& window, std::int64_t from, std::int64_t to, std::int64_t time,
            std::uint32_t position);
  void tell(Reporter& report, std::size_t column, double value) const;

  EvaluatePlan plan_;
  std::uint32_t shard_;
  OutcomeRows rows_;
  QualityWindow whole_;             // the whole run
  std::deque<QualityWindow> open_;  // by end
  Baseline typical_, last_;
  TextIndex classes_;
  std::optional<std::int64_t> pending_;  // `window: all` by time: when the next row is due
  std::int64_t closed_ = kNoTime;        // windows that end here or before are closed
  std::uint64_t late_ = 0;
  std::uint64_t shed_ = 0;  // windows closed early
  std::vector<double> last_values_;
  std::array<Outcome, 3> outcomes_;  // of the row at hand
};

void Evaluate::process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) {
  rows_.begin();
  const Batch& in = inputs[0];
  for (std::size_t row = 0; row < in.rows; ++row) {
    const std::uint32_t position = in.positions[row];
    close_windows(step, position);
    if (read(in, row)) add(step, position);
  }
  if (step.size() > 0) close_windows(step, step.size() - 1);
  rows_.finish(step, outputs[0]);
}

double Evaluate::class_of(std::string_view name, std::uint32_t beyond) {
  if (const auto known = classes_.find(name)) return *known;
  return classes_.size() < kMaxClasses ? classes_.add(name) : beyond;
}

/// Reads a row into outcomes_; false when it has no label or score.
bool Evaluate::read(const Batch& batch, std::size_t row) {
  Outcome& outcome = outcomes_[0];
  outcome.score = batch.number(plan_.score, row);
  outcome.loss = batch.number(plan_.loss, row);
  if (is_missing(outcome.score) || is_missing(outcome.loss)) return false;
  if (plan_.quality.task == EvaluationTask::classes) {
    const std::string_view label = batch.text(plan_.label, row);
    const std::string_view prediction = batch.text(plan_.prediction, row);
    if (is_missing(label) || is_missing(prediction)) return false;
    outcome.label = class_of(label, kMaxClasses);
    outcome.prediction = class_of(prediction, kMaxClasses + 1);
    outcome.score = exact::exp(-outcome.loss);  // the probability of the label's class
  } else {
    outcome.label = batch.number(plan_.label, row);
    outcome.prediction = batch.number(plan_.prediction, row);
    if (is_missing(outcome.label) || is_missing(outcome.prediction)) return false;
  }
  if (plan_.quality.judged == 1) return true;
  outcomes_[1] = typical_.outcome(outcome.label);
  outcomes_[2] = last_.outcome(outcome.label);
  typical_.learn(outcome.label);
  last_.learn(outcome.label);
  return true;
}

void Evaluate::add(const Step& step, std::uint32_t position) {
  const std::int64_t time = row_time(step, position);
  whole_.add(outcomes_.data(), time);
  switch (plan_.window.unit) {
    case Extent::Unit::rows:
      return add_to_rows(time, step, position);
    case Extent::Unit::time:
      return add_to_times(time, step, position);
    case Extent::Unit::all:
      return add_to_all(time, step, position);
  }
}

void Evaluate::add_to_rows(std::int64_t time, const Step&, std::uint32_t position) {
  const auto seen = static_cast<std::int64_t>(whole_.count());  // this row included
  const std::int64_t every = plan_.every->value;
  std::int64_t end = open_.empty() ? next_multiple(seen - 1, every) : open_.back().end() + every;
  for (; end < seen + plan_.window.value; end += every)
    open_.emplace_back(plan_.quality, false, end);
  for (QualityWindow& window : open_) window.add(outcomes_.data(), time);
  if (open_.empty() || open_.front().end() != seen) return;
  const QualityWindow& full = open_.front();
  emit(full, full.from(), full.to(), time, position);
  open_.pop_front();
}

void Evaluate::add_to_times(std::int64_t time, const Step& step, std::uint32_t position) {
  const std::int64_t every = plan_.every->value;
  const std::int64_t closed = std::max(closed_, step.watermark[position]);
  bool counted = false;
  for (std::int64_t end = next_multiple(time, every); end <= time + plan_.window.value;
       end += every) {
    if (end <= closed) continue;
    auto at = std::ranges::lower_bound(open_, end, {}, &QualityWindow::end);
    if (at == open_.end() || at->end() != end)
      at = open_.emplace(at, QualityWindow(plan_.quality, true, end));
    at->add(outcomes_.data(), time);
    counted = true;
  }
  late_ += !counted;
  while (open_.size() > kMaxOpen) {
    const QualityWindow& first = open_.front();
    emit(first, first.end() - plan_.window.value, first.end(), first.end(), position);
    closed_ = first.end();
    ++shed_;
    open_.pop_front();
  }
}

void Evaluate::add_to_all(std::int64_t time, const Step& step, std::uint32_t position) {
  if (!plan_.every) return;
  if (plan_.timed()) {
    if (!pending_)
      pending_ = next_multiple(std::max(time, step.watermark[position]), plan_.every->value);
  } else if (whole_.count() % static_cast<std::uint64_t>(plan_.every->value) == 0) {
    emit(whole_, whole_.from(), whole_.to(), time, position);
  }
}

void Evaluate::close_windows(const Step& step, std::uint32_t last) {
  for (auto due = next_timer(); due && *due <= step.watermark[last]; due = next_timer()) {
    // Never before `last` less what was closed there already: windows open only beyond the clock.
    const std::uint32_t position = step.first_at(*due);
    if (plan_.window.unit == Extent::Unit::all) {
      emit(whole_, whole_.from(), whole_.to(), *due, position);
      pending_.reset();
      continue;
    }
    emit(open_.front(), *due - plan_.window.value, *due, *due, position);
    closed_ = *due;
    open_.pop_front();
  }
}

void Evaluate::emit(const QualityWindow& window, std::int64_t from, std::int64_t to,
                    std::int64_t time, std::uint32_t position) {
  rows_.row(position);
  std::size_t field = 0;
  for (; field < plan_.columns.size(); ++field) {
    last_values_[field] = finite(window.value(field));
    rows_.number(field, last_values_[field]);
  }
  rows_.number(field++, static_cast<double>(window.count()));
  rows_.number(field++, static_cast<double>(from));
  rows_.number(field++, static_cast<double>(to));
  rows_.number(field++, static_cast<double>(time));
  rows_.number(field++, shard_);
}

void Evaluate::state(StateVisitor& visit) {
  visit.version("evaluate", 1);
  visit(whole_, typical_, last_, classes_, pending_, closed_, late_, shed_, last_values_);
  const std::size_t count = visit.count(open_.size(), 1);
  if (visit.loading()) {
    open_.clear();
    const bool bounded = plan_.window.unit != Extent::Unit::rows;
    for (std::size_t i = 0; i < count; ++i) open_.emplace_back(plan_.quality, bounded);
  }
  for (QualityWindow& window : open_) visit(window);
}

void Evaluate::tell(Reporter& report, std::size_t column, double value) const {
  if (!std::isfinite(value)) return;
  const std::array labels = {MetricLabel{"model", plan_.model},
                             MetricLabel{"metric", plan_.columns[column]}};
  report.value(metric::model_quality, labels, value);
}

void Evaluate::report(Reporter& report) const {
  for (std::size_t i = 0; i < last_values_.size(); ++i) tell(report, i, last_values_[i]);
  report(metric::window_late_rows_total, static_cast<double>(late_));
  report(metric::evictions_total, static_cast<double>(shed_));
}

void Evaluate::summary(Reporter& report) const {
  for (std::size_t i = 0; i < last_values_.size(); ++i) tell(report, i, whole_.value(i));
}

class EvaluateSpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override;
  std::vector<Written> inputs() const override { return {input_}; }
  void bind(Binding& binding) override;
  std::unique_ptr<Operator> make(const Placement& placement) const override {
    return std::make_unique<Evaluate>(plan_, placement);
  }
  bool needs_no_reader() const override { return true; }

 private:
  bool bind_fields(Binding& binding);
  void bind_metrics(Binding& binding);

  Written input_;
  std::vector<Written> metrics_;
  Extent window_{Extent::Unit::rows, 10'000};
  std::optional<Extent> every_;
  bool baseline_ = false;
  EvaluatePlan plan_;
};

void EvaluateSpec::describe(OptionVisitor& option) {
  option("input", input_,
         {.doc = "a model's outcomes", .required = true, .example = "fraud.outcomes"});
  option("metrics", metrics_,
         {.doc = "what is measured", .required = true, .example = "[accuracy, log_loss]"});
  option("window", window_, {.doc = "what a figure covers: rows, time or all", .min = 1});
  option("every", every_, {.doc = "how often a row comes; default: each full window", .min = 1});
  option("baseline", baseline_,
         {.doc = "adds typical_METRIC (majority class, mean) and last_METRIC (last label)"});
  if (!option.reading() || !every_ || window_.unit == Extent::Unit::all) return;
  if (every_->unit != window_.unit)
    option.fail("every", "`every` and `window` must both be rows or both be time");
  else if (every_->value * kMaxOverlap < window_.value)
    option.fail("every", fmt::format("`every` is less than a {}th of `window`", kMaxOverlap));
}

void EvaluateSpec::bind(Binding& binding) {
  plan_ = {};
  plan_.window = window_;
  plan_.every = every_;
  if (!every_ && window_.unit != Extent::Unit::all) plan_.every = window_;
  const std::string_view edge = binding.edge(0);
  plan_.model = edge.substr(0, edge.find('.'));
  if (plan_.timed() && !binding.timed(0))
    binding.error(input_.place, fmt::format("a `window` of time needs event times, but `{}` has "
                                            "none: give its source a `time:`",
                                            edge));
  if (every_ && every_->unit == Extent::Unit::all)
    binding.error(input_.place, "`every` is rows or time");
  if (!bind_fields(binding)) return;
  plan_.quality.judged = baseline_ ? 3 : 1;
  bind_metrics(binding);

  std::vector<Field> fields;
  for (const std::string& name : plan_.columns) fields.push_back({name, Type::number});
  fields.push_back({"count", Type::number});
  fields.push_back({"window_from", Type::time});
  fields.push_back({"window_to", Type::time});
  fields.push_back({"time", Type::time});
  fields.push_back({"shard", Type::number});
  plan_.output = {fields};
  binding.output("", std::nullopt, std::move(fields));
}

/// Finds the fields that a model's outcomes end with; `as: NAME` puts NAME_ before them.
bool EvaluateSpec::bind_fields(Binding& binding) {
  const Schema& input = binding.input(0);
  std::string prefix;
  constexpr std::string_view kMark = "label_delay";
  for (const Field& field : input.fields)
    if (field.name.ends_with(kMark))
      prefix = field.name.substr(0, field.name.size() - kMark.size());
  const std::array<std::pair<std::string_view, std::size_t*>, 4> wanted = {
      {{"label", &plan_.label},
       {"prediction", &plan_.prediction},
       {"score", &plan_.score},
       {"loss", &plan_.loss}}};
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
  const Type type = input.fields[plan_.label].type;
  if (type == Type::time || input.fields[plan_.prediction].type != type ||
      input.fields[plan_.score].type != Type::number ||
      input.fields[plan_.loss].type != Type::number) {
    binding.error(input_.place, fmt::format("evaluate reads a model's outcomes, but the fields of "
                                            "`{}` have other types",
                                            binding.edge(0)));
    return false;
  }
  plan_.quality.task = type == Type::boolean ? EvaluationTask::binary
                       : type == Type::text  ? EvaluationTask::classes
                                             : EvaluationTask::regression;
  return true;
}

void EvaluateSpec::bind_metrics(Binding& binding) {
  const EvaluationTask task = plan_.quality.task;
  const auto fits = [&](const MetricType& type) {
    return task == EvaluationTask::binary    ? type.binary
           : task == EvaluationTask::classes ? type.classes
                                             : type.regression;
  };
  std::vector<std::string_view> names;
  std::string all;
  for (const MetricType& type : metric_types())
    if (fits(type) && type.later.empty()) {
      names.push_back(type.name);
      all += (all.empty() ? "" : ", ") + std::string(type.name);
    }
  for (const Written& metric : metrics_) {
    const auto type = std::ranges::find(metric_types(), metric.text, &MetricType::name);
    if (type == metric_types().end()) {
      const std::string_view nearest = nearest_name(metric.text, names);
      binding.error(metric.place,
                    fmt::format("there is no metric `{}`; {}", metric.text,
                                nearest.empty() ? "there are " + all
                                                : fmt::format("did you mean `{}`?", nearest)));
    } else if (!type->later.empty()) {
      binding.error(metric.place,
                    fmt::format("the metric `{}` comes later ({})", metric.text, type->later));
    } else if (!fits(*type)) {
      binding.error(metric.place,
                    fmt::format("`{}` does not fit a label that is a {}: use {}", metric.text,
                                type_name(binding.input(0).fields[plan_.label].type), all));
    } else if (std::ranges::find(plan_.quality.metrics, &*type) != plan_.quality.metrics.end()) {
      binding.error(metric.place, fmt::format("the metric `{}` is there twice", metric.text));
    } else {
      plan_.quality.metrics.push_back(&*type);
    }
  }
  for (std::string_view judged : {"", "typical_", "last_"})
    if (judged.empty() || baseline_)
      for (const MetricType* type : plan_.quality.metrics)
        plan_.columns.push_back(std::string(judged) + std::string(type->name));
}

}  // namespace

std::unique_ptr<OperatorSpec> make_evaluate() { return std::make_unique<EvaluateSpec>(); }

}  // namespace weir
