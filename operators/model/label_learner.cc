#include "operators/model/label_learner.h"

#include <algorithm>
#include <array>

#include "operators/rows/row_time.h"
#include "pipeline/core/identity.h"

namespace weir {
namespace {

Histogram delays() {  // seconds to months
  return Histogram({1, 10, 60, 600, 3'600, 6 * 3'600.0, 86'400, 3 * 86'400.0, 7 * 86'400.0,
                    14 * 86'400.0, 30 * 86'400.0, 60 * 86'400.0, 90 * 86'400.0});
}

}  // namespace

LabelLearner::LabelLearner(const ModelPlan& plan, const std::vector<bool>& needed,
                           std::span<const PortSource> sources, ServedModel& model,
                           OutcomeWriter& outcomes)
    : plan_(plan),
      model_(model),
      outcomes_(outcomes),
      layout_(plan, needed),
      join_(plan.labels->join, layout_.columns(), plan.labels->text_id,
            plan.task == Task::classes),
      hearing_(plan.labels->longest_silence, sources),
      label_delay_(delays()) {}

void LabelLearner::begin_step(const Step& step) {
  if (step.size() == 0) return;
  hearing_.listen(step);
  join_.shed(step.watermark[0]);
}

void LabelLearner::advance(Step& step, std::uint32_t position) {
  end_waits(step, position);
  join_.advance(step.watermark[position], hearing_.ends()[position]);
}

void LabelLearner::end_step(Step& step) {
  if (step.size() == 0) return;
  advance(step, step.size() - 1);
  join_.hold(step.watermark.back());
}

void LabelLearner::end_waits(Step& step, std::uint32_t last) {
  const std::optional<Constant>& absent = plan_.labels->absent;
  const std::span<const std::int64_t> ends = hearing_.ends();
  for (const auto* next = join_.next_due(); next && next->due <= ends[last];
       next = join_.next_due()) {
    const TimerQueue::Timer timer = *next;
    const auto position =
        static_cast<std::uint32_t>(std::ranges::lower_bound(ends, timer.due) - ends.begin());
    join_.advance(step.watermark[position], ends[position]);
    if (absent) {
      join_.read(timer.number, row_);
      learn_from(step, position, {absent->number, absent->text, timer.due}, true);
    }
    join_.end_wait(timer, absent.has_value());
  }
}

void LabelLearner::on_row(Step& step, const Batch& rows, std::size_t row, const Features& features,
                          const Served& served, double weight) {
  const std::uint32_t position = rows.positions[row];
  const std::optional<MatchId> id = id_of(rows, plan_.labels->row_id, row);
  if (!id) return join_.count(LabelEnd::unmatched);
  Label label;
  const LabelJoin::Arrival arrival = join_.arrive(*id, label);
  if (arrival == LabelJoin::Arrival::duplicate) return;

  if (weight > 0) model_.observe(features);
  const std::int64_t time = row_time(step, position);
  layout_.pack(rows, row, {time, weight, served}, model_.scores(), row_);
  if (arrival == LabelJoin::Arrival::joins) {
    join_.count(LabelEnd::joined);
    observe_delay(label, time);
    learn_from(step, position, label, true);
  }
  join_.keep(*id, arrival, time, row_);
}

void LabelLearner::on_label(Step& step, const Batch& labels, std::size_t row) {
  const std::uint32_t position = labels.positions[row];
  const std::optional<MatchId> id = id_of(labels, plan_.labels->label_id, row);
  const std::optional<Label> label = read_label(step, labels, row);
  if (!id || !label) return join_.count(LabelEnd::missing);

  const LabelJoin::Reached reached = join_.reach(*id, *label);
  for (const std::uint64_t number : reached.rows) {
    join_.read(number, row_);
    if (!reached.late) join_.count(LabelEnd::joined);
    observe_delay(*label, layout_.kept(row_).time);
    // With `absent:` a late row has given its outcome already.
    learn_from(step, position, *label, !reached.late || !plan_.labels->absent);
    join_.take(number);
  }
}

/// Nothing if it is missing, or an ambiguous number.
std::optional<MatchId> LabelLearner::id_of(const Batch& batch, std::size_t field,
                                           std::size_t row) const {
  MatchId id;
  if (plan_.labels->text_id)
    id.text = batch.text(field, row);
  else
    id.number = batch.number(field, row);
  const bool known = plan_.labels->text_id
                         ? !is_missing(id.text)
                         : !is_missing(id.number) && !is_ambiguous(id.number);
  return known ? std::optional(id) : std::nullopt;
}

/// Nothing if it has no value.
std::optional<Label> LabelLearner::read_label(const Step& step, const Batch& labels,
                                              std::size_t row) const {
  const LabelsPlan& plan = *plan_.labels;
  Label label;
  label.time = row_time(step, labels.positions[row]);
  if (!plan.field) {
    label.number = plan.present->number;
    label.text = plan.present->text;
  } else if (plan_.task == Task::classes) {
    label.text = labels.text(*plan.field, row);
  } else {
    label.number = labels.number(*plan.field, row);
  }
  const bool missing =
      plan_.task == Task::classes ? is_missing(label.text) : is_missing(label.number);
  return missing ? std::nullopt : std::optional(label);
}

void LabelLearner::observe_delay(const Label& label, std::int64_t row_time) {
  label_delay_.observe(static_cast<double>(std::max<std::int64_t>(0, label.time - row_time)) /
                       1'000);
}

/// Learns `row_` from its label, and with `emit` writes its outcome.
void LabelLearner::learn_from(Step& step, std::uint32_t position, const Label& label, bool emit) {
  const ServedRowLayout::Kept kept = layout_.kept(row_);
  const double delay = static_cast<double>(label.time) - static_cast<double>(kept.time);
  const std::optional<double> number = model_.label_number(label, kept.weight);
  if (emit && outcomes_.any_needed()) {
    outcomes_.emit_outcome({position, kept.served, row_.list, label, number, delay}, model_,
                           step.arena);
    layout_.pass_on(row_, outcomes_, step.arena);
  }
  if (kept.weight > 0) model_.learn(layout_.features(row_), number, kept.weight);
}

void LabelLearner::state(StateVisitor& visit) {
  visit(join_, hearing_);
  if (visit.loading()) join_.hold(hearing_.watermark());
}

std::optional<std::int64_t> LabelLearner::next_timer() const {
  const TimerQueue::Timer* next = join_.next_timer();
  return next ? std::optional(next->due) : std::nullopt;
}

void LabelLearner::report(Reporter& report) const {
  for (std::size_t i = 0; i < kLabelEnds.size(); ++i)
    report(metric::labels_total, {"outcome", kLabelEnds[i]},
           static_cast<double>(join_.ended(static_cast<LabelEnd>(i))));
  report(metric::labels_waiting, static_cast<double>(join_.waiting()));
  report(metric::labels_held, static_cast<double>(join_.held()));
  report(metric::labels_silence_seconds, static_cast<double>(hearing_.silence()) / 1'000);
  report(metric::labels_silences_total, static_cast<double>(hearing_.silences()));
  report.histogram(metric::label_delay_seconds, {}, label_delay_);
}

}  // namespace weir
