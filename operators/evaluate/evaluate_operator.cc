#include "operators/evaluate/evaluate_operator.h"

#include <algorithm>
#include <cmath>

#include "operators/rows/row_time.h"
#include "pipeline/core/exact_math.h"

namespace weir {
namespace {

constexpr std::size_t kMaxOpen = 1'000;
// Two more numbers stand for all other labels and all other predictions: metrics count 65,536.
constexpr std::uint32_t kMaxClasses = 65'534;

std::int64_t next_multiple(std::int64_t above, std::int64_t of) {
  const std::int64_t rest = above % of;
  return above - rest + (rest < 0 ? 0 : of);
}

double finite(double value) { return std::isfinite(value) ? value : kMissing; }

}  // namespace

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
  if (plan_.quality.task == Task::classes) {
    const std::string_view label = batch.text(plan_.label, row);
    const std::string_view prediction = batch.text(plan_.prediction, row);
    if (is_missing(label) || is_missing(prediction)) return false;
    outcome.label = class_of(label, kMaxClasses);
    outcome.prediction = class_of(prediction, kMaxClasses + 1);
    shed_ += outcome.label >= kMaxClasses || outcome.prediction >= kMaxClasses;
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
      add_to_rows(time, step, position);
      break;
    case Extent::Unit::time:
      add_to_times(time, step, position);
      break;
    case Extent::Unit::all:
      add_to_all(time, step, position);
      break;
  }
  last_label_ = outcomes_[0].label;
}

QualityWindow Evaluate::make_window(std::int64_t end) {
  if (!spare_) spare_.emplace(plan_.quality, bounded());
  QualityWindow window = std::move(*spare_);
  spare_.reset();
  window.reset(end);
  window.follow(last_label_);
  return window;
}

void Evaluate::drop_front() {
  spare_ = std::move(open_.front());
  open_.pop_front();
}

void Evaluate::add_to_rows(std::int64_t time, const Step&, std::uint32_t position) {
  const auto seen = static_cast<std::int64_t>(whole_.count());  // this row included
  const std::int64_t every = plan_.every->value;
  std::int64_t end = open_.empty() ? next_multiple(seen - 1, every) : open_.back().end() + every;
  for (; end < seen + plan_.window.value; end += every)
    open_.push_back(make_window(end));
  for (QualityWindow& window : open_) window.add(outcomes_.data(), time);
  if (open_.empty() || open_.front().end() != seen) return;
  const QualityWindow& full = open_.front();
  emit(full, full.from(), full.to(), time, position);
  drop_front();
}

void Evaluate::add_to_times(std::int64_t time, const Step& step, std::uint32_t position) {
  const std::int64_t every = plan_.every->value;
  const std::int64_t closed = std::max(closed_, step.watermark[position]);
  bool counted = false, refused = false;
  for (std::int64_t end = next_multiple(time, every); end <= time + plan_.window.value;
       end += every) {
    if (end <= closed) {
      refused = true;
      continue;
    }
    auto at = std::ranges::lower_bound(open_, end, {}, &QualityWindow::end);
    if (at == open_.end() || at->end() != end)
      at = open_.insert(at, make_window(end));
    at->add(outcomes_.data(), time);
    counted = true;
  }
  late_ += refused && !counted;
  while (open_.size() > kMaxOpen) {
    const QualityWindow& first = open_.front();
    emit(first, first.end() - plan_.window.value, first.end(), first.end(), position);
    closed_ = first.end();
    ++shed_;
    drop_front();
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
    drop_front();
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

void Evaluate::state(StateVisitor& visit, std::size_t /*part*/) {
  visit.version("evaluate", 3);
  visit(whole_, typical_, last_, last_label_, classes_, pending_, closed_, late_, shed_,
        last_values_);
  const std::size_t count = visit.count(open_.size(), 1);
  if (visit.loading()) {
    open_.clear();
    for (std::size_t i = 0; i < count; ++i) open_.emplace_back(plan_.quality, bounded());
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

}  // namespace weir
