#include "operators/drift/drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "operators/drift/drift_row.h"
#include "operators/drift/drift_sentence.h"
#include "operators/drift/watch.h"
#include "operators/rows/outcome_rows.h"
#include "operators/rows/row_time.h"

namespace weir {
namespace {

// Numbers beyond this, whose squares are not finite, would spoil a reference.
constexpr double kLargest = 1e150;

// What an infinite statistic is written as: its share of a threshold is still a number.
constexpr double kInfinite = 1e300;

// The window of a detector that has none, in rows.
constexpr std::size_t kRows = 1'000;

double finite(double value) { return std::isfinite(value) ? value : kMissing; }

/// NaN stays missing.
double as_number(double statistic) {
  return std::isinf(statistic) ? std::copysign(kInfinite, statistic) : statistic;
}

/// One field that is watched.
struct Watched {
  std::string field;
  std::size_t index = 0;  // in the input
  Type type = Type::number;
  std::string detector;
  const DetectorSpec* spec = nullptr;
  std::size_t window = 0;  // rows whose missing values are counted
  StatePart part = {};  // of the state
};

struct DriftPlan {
  std::string stream;
  std::vector<Watched> fields;
  std::size_t after = 0;

  WatchedName name(std::size_t at) const {
    return {fields[at].field, stream, fields[at].detector};
  }
};

/// The names of types as several fields have them: "numbers and booleans".
std::string plural(std::span<const Type> types) {
  std::string text;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) text += i + 1 < types.size() ? ", " : " and ";
    text += fmt::format("{}s", type_name(types[i]));
  }
  return text;
}

class DriftOperator final : public Operator {
 public:
  DriftOperator(const DriftPlan& plan, const Placement& placement)
      : plan_(plan), shard_(placement.shard), rows_(drift_rows(), placement.needed[0]) {
    for (const Watched& field : plan_.fields)
      watches_.emplace_back(field.spec->make({.types = {&field.type, 1}}), field.window);
  }

  void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) override {
    rows_.begin();
    const Batch& in = inputs[0];
    for (std::size_t row = 0; row < in.rows; ++row)
      for (std::size_t i = 0; i < watches_.size(); ++i)
        if (watches_[i].seen++ >= plan_.after) watch(step, in, row, i);
    rows_.finish(step, outputs[0]);
  }

  void state(StateVisitor& visit, std::size_t part) override { watches_[part].visit_state(visit); }

  void report(Reporter& report) const override;

 private:
  void watch(Step& step, const Batch& in, std::size_t row, std::size_t at);
  void judge(Step& step, std::uint32_t position, std::size_t at, const Observation& observed);
  void miss(Step& step, std::uint32_t position, std::size_t at);
  void emit(Step& step, std::uint32_t position, std::size_t at);
  void emit_test(Step& step, std::uint32_t position, std::size_t at, DriftState before,
                 const Verdict& verdict);
  void emit_no_data(Step& step, std::uint32_t position, std::size_t at);

  DriftPlan plan_;
  std::uint32_t shard_;
  OutcomeRows rows_;
  std::vector<Watch> watches_;
  std::uint64_t skipped_ = 0;  // numbers too large, since the program started
};

void DriftOperator::watch(Step& step, const Batch& in, std::size_t row, std::size_t at) {
  const Watched& watched = plan_.fields[at];
  const std::uint32_t position = in.positions[row];
  if (watched.type == Type::text) {
    const std::string_view text = in.text(watched.index, row);
    if (is_missing(text)) return miss(step, position, at);
    judge(step, position, at, text);
  } else {
    const double number = in.number(watched.index, row);
    const bool too_large = std::abs(number) > kLargest;
    skipped_ += too_large;
    if (too_large || is_missing(number)) return miss(step, position, at);
    judge(step, position, at, number);
  }
}

/// A row without a value that the detector could take.
void DriftOperator::miss(Step& step, std::uint32_t position, std::size_t at) {
  Watch& watch = watches_[at];
  watch.recent.add(true);
  if (watch.state == DriftState::no_data || !watch.recent.most()) return;
  watch.state = DriftState::no_data;
  watch.vanished = watch.seen;
  emit_no_data(step, position, at);
}

void DriftOperator::judge(Step& step, std::uint32_t position, std::size_t at,
                          const Observation& observed) {
  Watch& watch = watches_[at];
  watch.recent.add(false);
  watch.times.add(row_time(step, position));
  const Verdict verdict = watch.detector->update(observed);
  if (!verdict.tested) return;
  watch.times.window(verdict.current.count);
  watch.tested = true;
  watch.statistic = as_number(verdict.statistic);
  watch.threshold = verdict.threshold;
  watch.drifts += verdict.drift == Drift::drift;
  const DriftState now = state_of(verdict.drift);
  if (now == watch.state) return;
  // A drift is said even of a field that most rows lack.
  if (watch.state == DriftState::no_data && now != DriftState::drift && !watch.has_data()) return;
  emit_test(step, position, at, std::exchange(watch.state, now), verdict);
}

/// What every row has.
void DriftOperator::emit(Step& step, std::uint32_t position, std::size_t at) {
  const Watch& watch = watches_[at];
  rows_.row(position);
  rows_.text(kDetector, plan_.fields[at].detector);
  rows_.text(kStream, plan_.stream);
  rows_.text(kField, plan_.fields[at].field);
  rows_.text(kState, word(watch.state));
  if (watch.tested) {
    rows_.number(kStatistic, watch.statistic);
    rows_.number(kThreshold, finite(watch.threshold));
  }
  rows_.number(kNullRatio, watch.recent.share());
  rows_.number(kTime, static_cast<double>(row_time(step, position)));
  rows_.number(kShard, shard_);
}

void DriftOperator::emit_test(Step& step, std::uint32_t position, std::size_t at,
                              DriftState before, const Verdict& verdict) {
  emit(step, position, at);
  const double p_value = finite(watches_[at].detector->p_value_of(verdict));
  rows_.number(kPValue, p_value);
  rows_.number(kReferenceCount, static_cast<double>(verdict.reference.count));
  rows_.number(kWindowCount, static_cast<double>(verdict.current.count));
  rows_.number(kReferenceMean, finite(verdict.reference.mean));
  rows_.number(kWindowMean, finite(verdict.current.mean));
  if (const auto range = watches_[at].times.range(verdict.current.count)) {
    rows_.number(kWindowFrom, static_cast<double>(range->first));
    rows_.number(kWindowTo, static_cast<double>(range->second));
  }
  if (rows_.needed(kSummary))
    rows_.text(kSummary,
               step.arena.copy(test_sentence(plan_.name(at), before, verdict, p_value)));
}

void DriftOperator::emit_no_data(Step& step, std::uint32_t position, std::size_t at) {
  const RecentMissing& recent = watches_[at].recent;
  emit(step, position, at);
  if (rows_.needed(kSummary))
    rows_.text(kSummary, step.arena.copy(no_data_sentence(plan_.name(at), recent.missing(),
                                                          recent.rows())));
}

void DriftOperator::report(Reporter& report) const {
  report(metric::values_skipped_total, static_cast<double>(skipped_));
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    const Watch& watch = watches_[i];
    const MetricLabel field{"field", plan_.fields[i].field};
    if (watch.tested) report(metric::drift_statistic, field, watch.statistic);
    if (watch.tested) report(metric::drift_threshold, field, watch.threshold);
    report(metric::drift_state, field, static_cast<double>(watch.state));
    report(metric::drift_total, field, static_cast<double>(watch.drifts));
    report(metric::drift_null_ratio, field, watch.recent.share());
  }
}

class DriftOperatorSpec final : public OperatorSpec {
 public:
  explicit DriftOperatorSpec(std::span<const DetectorType> types) : types_(types) {
    for (const DetectorType& type : types) choices_.push_back({type.name, type.doc, type.later});
  }

  void describe(OptionVisitor& option) override;
  std::vector<Written> inputs() const override { return {input_}; }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override;
  std::uint32_t logic() const override {
    std::uint32_t sum = 3;
    for (const Detector& detector : detectors_) sum += detector.type->logic;
    return sum;
  }
  bool needs_no_reader() const override { return true; }

 private:
  struct Detector {
    Written field;  // empty: for all
    const DetectorType* type;
    std::unique_ptr<DetectorSpec> spec;
  };

  const Detector* detector_of(std::string_view field) const;
  void bind_field(Binding& binding, const Written& name, DriftPlan& plan) const;
  StatePart part_of(const Binding& binding, std::size_t field, const Detector& detector) const;

  std::span<const DetectorType> types_;  // that can be written
  std::vector<Choice> choices_;          // the same
  Written input_;
  std::vector<Written> fields_;
  std::vector<Detector> detectors_;
  std::size_t after_ = 0;
};

void DriftOperatorSpec::describe(OptionVisitor& option) {
  option("input", input_, {.doc = "the stream", .required = true});
  std::vector<Written> key;
  option("key", key, {.doc = "one detector per key", .later = "later"});
  std::string false_alarms;
  option("false_alarms", false_alarms,
         {.doc = "budget over all fields and keys: `1 per 30d`", .later = "later"});
  option("fields", fields_,
         {.doc = "fields to watch: numbers and booleans, texts with a detector that takes them",
          .required = true,
          .example = "[amount]"});
  if (option.reading()) detectors_.clear();
  option.component_for("detector", choices_,
                       {.doc = "one for all fields, or { field: detector }",
                        .required = true,
                        .example = "{ ks_test: { reference: 5000, window: 1000 } }"},
                       [&](const Written& owner, const Written& name, OptionVisitor& inside) {
                         const auto type =
                             std::ranges::find(types_, name.text, &DetectorType::name);
                         if (type == types_.end() || !type->make) return;
                         Detector detector{owner, &*type, type->make()};
                         detector.spec->describe(inside);
                         if (option.reading()) detectors_.push_back(std::move(detector));
                       });
  option("after", after_, {.doc = "rows to skip first", .min = 0});
}

const DriftOperatorSpec::Detector* DriftOperatorSpec::detector_of(std::string_view field) const {
  for (const Detector& detector : detectors_)
    if (detector.field.text.empty() || detector.field.text == field) return &detector;
  return nullptr;
}

std::unique_ptr<const OperatorPlan> DriftOperatorSpec::bind(Binding& binding) const {
  DriftPlan plan{std::string(binding.edge(0)), {}, after_};
  for (const Detector& detector : detectors_)
    if (!detector.field.text.empty() &&
        std::ranges::find(fields_, detector.field.text, &Written::text) == fields_.end())
      binding.error(detector.field.place,
                    fmt::format("`{}` is not one of `fields`", detector.field.text));
  for (const Written& name : fields_) bind_field(binding, name, plan);
  binding.output("", std::nullopt, drift_rows().fields);
  std::vector<StatePart> parts;
  for (const Watched& field : plan.fields) parts.push_back(field.part);
  return plan_of(
      [plan = std::move(plan)](const Placement& placement) {
        return std::make_unique<DriftOperator>(plan, placement);
      },
      std::move(parts));
}

void DriftOperatorSpec::bind_field(Binding& binding, const Written& name, DriftPlan& plan) const {
  const std::optional<std::size_t> field = binding.field(0, name);
  if (!field) return;
  const Type type = binding.input(0).fields[*field].type;
  const Detector* detector = detector_of(name.text);
  if (std::ranges::find(plan.fields, name.text, &Watched::field) != plan.fields.end()) {
    binding.error(name.place, fmt::format("the field `{}` is listed twice", name.text));
  } else if (!detector) {
    binding.error(name.place, fmt::format("the field `{}` has no detector", name.text));
  } else if (!detector->type->takes(type)) {
    binding.error(name.place,
                  fmt::format("`{}` watches {}, but `{}` is a {}", detector->type->name,
                              plural(detector->type->types), name.text, type_name(type)));
  } else {
    const std::size_t window = detector->spec->window();
    plan.fields.push_back({name.text, *field, type, std::string(detector->type->name),
                           detector->spec.get(), window == 0 ? kRows : window,
                           part_of(binding, *field, *detector)});
  }
}

/// What a field's reference is of: one of other values, or in another detector, means nothing.
/// `after` is a limit: it does not count.
StatePart DriftOperatorSpec::part_of(const Binding& binding, std::size_t field,
                                     const Detector& detector) const {
  const std::string& name = binding.input(0).fields[field].name;
  return {.name = "field " + name,
          .depends = {{"", binding.option("detector", detector.field.text)},
                      {"input", std::string(binding.edge(0))},
                      {"the computation of " + name, binding.definition(0, field)},
                      {"arithmetic", std::to_string(detector.type->logic)}}};
}

}  // namespace

std::unique_ptr<OperatorSpec> make_drift() { return make_drift(detector_types()); }

std::unique_ptr<OperatorSpec> make_drift(std::span<const DetectorType> detectors) {
  return std::make_unique<DriftOperatorSpec>(detectors);
}

}  // namespace weir
