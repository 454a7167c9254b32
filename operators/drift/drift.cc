#include "operators/drift/drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "monitoring/drift_detector.h"
#include "operators/drift/recent_times.h"
#include "operators/rows/outcome_rows.h"
#include "operators/rows/row_time.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 3> kStates = {"stable", "warning", "drift"};

std::string_view word(Drift drift) { return kStates[static_cast<std::size_t>(drift)]; }

double finite(double value) { return std::isfinite(value) ? value : kMissing; }

// The order of the fields in a row.
enum DriftField : std::size_t {
  kDetector,
  kStream,
  kField,
  kState,
  kStatistic,
  kThreshold,
  kPValue,
  kReferenceCount,
  kWindowCount,
  kReferenceMean,
  kWindowMean,
  kWindowFrom,
  kWindowTo,
  kSummary,
  kTime,
  kShard
};

Schema drift_rows() {
  constexpr Type number = Type::number, text = Type::text, time = Type::time;
  return {{{"detector", text},
           {"stream", text},
           {"field", text},
           {"state", text},
           {"statistic", number},
           {"threshold", number},
           {"p_value", number},
           {"reference_count", number},
           {"window_count", number},
           {"reference_mean", number},
           {"window_mean", number},
           {"window_from", time},
           {"window_to", time},
           {"summary", text},
           {"time", time},
           {"shard", number}}};
}

/// One field that is watched.
struct Watched {
  std::string field;
  std::size_t index = 0;  // in the input
  std::string detector;
};

struct DriftPlan {
  std::string stream;
  std::vector<Watched> fields;
  std::size_t after = 0;
};

/// What happened, in a sentence.
std::string sentence(const DriftPlan& plan, const Watched& watched, Drift before,
                     const Verdict& verdict) {
  const std::string name = fmt::format("{} of {}", watched.field, plan.stream);
  std::string what;
  if (verdict.drift == Drift::drift)
    what = fmt::format("{} has drifted", name);
  else if (verdict.drift == Drift::warning)
    what = before == Drift::drift ? fmt::format("{} has settled, but not for certain", name)
                                  : fmt::format("{} may be drifting", name);
  else
    what = fmt::format("{} is stable again", name);
  const std::string p =
      std::isnan(verdict.p_value) ? "" : fmt::format(", p {:.3g}", verdict.p_value);
  return fmt::format(
      "{}: mean {:.6g} in the last {} values against {:.6g} in {} before ({} {:.4g}, threshold "
      "{:.4g}{})",
      what, verdict.current.mean, verdict.current.count, verdict.reference.mean,
      verdict.reference.count, watched.detector, verdict.statistic, verdict.threshold, p);
}

/// One field's detector and where it stands.
struct Watch {
  std::unique_ptr<DriftDetector> detector;
  Drift state = Drift::stable;
  bool tested = false;
  double statistic = 0;
  double threshold = 0;
  std::uint64_t drifts = 0;
  RecentTimes times;

  void visit_state(StateVisitor& visit) {
    visit(*detector, state, tested, statistic, threshold, drifts, times);
  }
};

class DriftOperator final : public Operator {
 public:
  DriftOperator(const DriftPlan& plan, std::vector<std::unique_ptr<DriftDetector>> detectors,
                const Placement& placement)
      : plan_(plan), shard_(placement.shard), rows_(drift_rows(), placement.needed[0]) {
    for (auto& detector : detectors) watches_.emplace_back().detector = std::move(detector);
  }

  void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) override {
    rows_.begin();
    const Batch& in = inputs[0];
    for (std::size_t row = 0; row < in.rows; ++row) {
      if (seen_ < plan_.after) {
        ++seen_;
        continue;
      }
      for (std::size_t i = 0; i < watches_.size(); ++i) {
        const double value = in.number(plan_.fields[i].index, row);
        if (!is_missing(value)) judge(step, in.positions[row], i, value);
      }
    }
    rows_.finish(step, outputs[0]);
  }

  void state(StateVisitor& visit) override {
    visit.version("drift", 1);
    visit(seen_);
    for (Watch& watch : watches_) watch.visit_state(visit);
  }

  void report(Reporter& report) const override;

 private:
  void judge(Step& step, std::uint32_t position, std::size_t at, double value);
  void emit(Step& step, std::uint32_t position, std::size_t at, Drift before,
            const Verdict& verdict);

  DriftPlan plan_;
  std::uint32_t shard_;
  OutcomeRows rows_;
  std::uint64_t seen_ = 0;
  std::vector<Watch> watches_;
};

void DriftOperator::judge(Step& step, std::uint32_t position, std::size_t at, double value) {
  Watch& watch = watches_[at];
  watch.times.add(row_time(step, position));
  const Verdict verdict = watch.detector->update(value);
  if (!verdict.tested) return;
  watch.times.window(verdict.current.count);
  watch.tested = true;
  watch.statistic = verdict.statistic;
  watch.threshold = verdict.threshold;
  watch.drifts += verdict.drift == Drift::drift;
  if (verdict.drift == watch.state) return;
  const Drift before = std::exchange(watch.state, verdict.drift);
  emit(step, position, at, before, verdict);
}

void DriftOperator::emit(Step& step, std::uint32_t position, std::size_t at, Drift before,
                         const Verdict& verdict) {
  const Watched& watched = plan_.fields[at];
  rows_.row(position);
  rows_.text(kDetector, watched.detector);
  rows_.text(kStream, plan_.stream);
  rows_.text(kField, watched.field);
  rows_.text(kState, word(verdict.drift));
  rows_.number(kStatistic, finite(verdict.statistic));
  rows_.number(kThreshold, finite(verdict.threshold));
  rows_.number(kPValue, finite(verdict.p_value));
  rows_.number(kReferenceCount, static_cast<double>(verdict.reference.count));
  rows_.number(kWindowCount, static_cast<double>(verdict.current.count));
  rows_.number(kReferenceMean, finite(verdict.reference.mean));
  rows_.number(kWindowMean, finite(verdict.current.mean));
  if (const auto range = watches_[at].times.range(verdict.current.count)) {
    rows_.number(kWindowFrom, static_cast<double>(range->first));
    rows_.number(kWindowTo, static_cast<double>(range->second));
  }
  if (rows_.needed(kSummary))
    rows_.text(kSummary, step.arena.copy(sentence(plan_, watched, before, verdict)));
  rows_.number(kTime, static_cast<double>(row_time(step, position)));
  rows_.number(kShard, shard_);
}

void DriftOperator::report(Reporter& report) const {
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    const Watch& watch = watches_[i];
    const MetricLabel field{"field", plan_.fields[i].field};
    if (watch.tested && std::isfinite(watch.statistic))
      report(metric::drift_statistic, field, watch.statistic);
    if (watch.tested) report(metric::drift_threshold, field, watch.threshold);
    report(metric::drift_state, field, static_cast<double>(watch.state));
    report(metric::drift_total, field, static_cast<double>(watch.drifts));
  }
}

class DriftOperatorSpec final : public OperatorSpec {
 public:
  void describe(OptionVisitor& option) override;
  std::vector<Written> inputs() const override { return {input_}; }
  std::unique_ptr<const OperatorPlan> bind(Binding& binding) const override;
  std::uint32_t logic() const override {
    std::uint32_t sum = 1;
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

  Written input_;
  std::vector<Written> fields_;
  std::vector<Detector> detectors_;
  std::size_t after_ = 0;
};

std::span<const Choice> detector_choices() {
  static const std::vector<Choice> choices = [] {
    std::vector<Choice> made;
    for (const DetectorType& type : detector_types())
      made.push_back({type.name, type.doc, type.later});
    return made;
  }();
  return choices;
}

void DriftOperatorSpec::describe(OptionVisitor& option) {
  option("input", input_, {.doc = "the stream", .required = true});
  std::vector<Written> key;
  option("key", key, {.doc = "one detector per key", .later = "watching"});
  std::string false_alarms;
  option("false_alarms", false_alarms,
         {.doc = "budget over all fields and keys: `1 per 30d`", .later = "watching"});
  option("fields", fields_,
         {.doc = "numbers and booleans to watch", .required = true, .example = "[amount]"});
  if (option.reading()) detectors_.clear();
  option.component_for("detector", detector_choices(),
                       {.doc = "one for all fields, or { field: detector }",
                        .required = true,
                        .example = "{ ks_test: { reference: 5000, window: 1000 } }"},
                       [&](const Written& owner, const Written& name, OptionVisitor& inside) {
                         const auto type =
                             std::ranges::find(detector_types(), name.text, &DetectorType::name);
                         if (type == detector_types().end() || !type->make) return;
                         Detector detector{owner, &*type, type->make()};
                         detector.spec->describe(inside);
                         if (option.reading()) detectors_.push_back(std::move(detector));
                       });
  option("after", after_, {.doc = "rows to let pass first", .min = 0});
}

const DriftOperatorSpec::Detector* DriftOperatorSpec::detector_of(std::string_view field) const {
  for (const Detector& detector : detectors_)
    if (detector.field.text.empty() || detector.field.text == field) return &detector;
  return nullptr;
}

std::unique_ptr<const OperatorPlan> DriftOperatorSpec::bind(Binding& binding) const {
  DriftPlan plan{std::string(binding.edge(0)), {}, after_};
  std::vector<const DetectorSpec*> specs;  // per field watched
  for (const Detector& detector : detectors_)
    if (!detector.field.text.empty() &&
        std::ranges::find(fields_, detector.field.text, &Written::text) == fields_.end())
      binding.error(detector.field.place,
                    fmt::format("`{}` is not one of `fields`", detector.field.text));
  for (const Written& name : fields_) {
    const std::optional<std::size_t> field = binding.field(0, name);
    if (!field) continue;
    const Type type = binding.input(0).fields[*field].type;
    const Detector* detector = detector_of(name.text);
    if (type != Type::number && type != Type::boolean)
      binding.error(name.place, fmt::format("drift watches numbers and booleans: `{}` is a {}",
                                            name.text, type_name(type)));
    else if (std::ranges::find(plan.fields, name.text, &Watched::field) != plan.fields.end())
      binding.error(name.place, fmt::format("the field `{}` is there twice", name.text));
    else if (!detector)
      binding.error(name.place, fmt::format("the field `{}` has no detector", name.text));
    else {
      plan.fields.push_back({name.text, *field, std::string(detector->type->name)});
      specs.push_back(detector->spec.get());
    }
  }
  binding.output("", std::nullopt, drift_rows().fields);
  return plan_of([plan = std::move(plan), specs = std::move(specs)](const Placement& placement) {
    std::vector<std::unique_ptr<DriftDetector>> made;
    for (const DetectorSpec* spec : specs) made.push_back(spec->make());
    return std::make_unique<DriftOperator>(plan, std::move(made), placement);
  });
}

}  // namespace

std::unique_ptr<OperatorSpec> make_drift() { return std::make_unique<DriftOperatorSpec>(); }

}  // namespace weir
