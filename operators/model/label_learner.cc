#include <xxhash.h>

#include <algorithm>

#include "operators/model/model_operator.h"
#include "operators/rows/row_time.h"

// The part of the model operator that waits for labels.

namespace weir {
namespace {

// The numbers of a waiting row after its fields: what was served.
enum ServedAt : std::size_t { kTime, kPrediction, kScore, kWeight, kVersion, kUpdates, kFallback };
constexpr std::size_t kServedNumbers = kFallback + 1;

}  // namespace

/// Lays out the waiting rows: what a model needs to learn one and readers of outcomes to see it.
void ModelOperator::prepare_waiting(const std::vector<bool>& needed) {
  const LabelsPlan& labels = *plan_.labels;
  const auto keep = [](std::vector<Kept>& kept, std::size_t field) {
    kept.push_back({field, kept.size()});
  };
  keep(labels.text_id ? kept_texts_ : kept_numbers_, labels.row_id);
  first_number_ = kept_numbers_.size();
  first_text_ = kept_texts_.size();
  for (std::size_t field : plan_.numbers) keep(kept_numbers_, field);
  for (std::size_t field : plan_.texts) keep(kept_texts_, field);
  for (std::size_t field = 0; field < plan_.rows.size(); ++field) {
    auto& kept = plan_.rows.fields[field].type == Type::text ? kept_texts_ : kept_numbers_;
    const bool there = std::ranges::any_of(kept, [&](Kept one) { return one.field == field; });
    if (needed[field] && !there) keep(kept, field);
  }
  first_served_ = kept_numbers_.size();

  std::string names;
  for (const auto* kept : {&kept_numbers_, &kept_texts_})
    for (const Kept& one : *kept) names += plan_.rows.fields[one.field].name + ' ';
  layout_hash_ = XXH3_64bits(names.data(), names.size());

  const bool classes = plan_.task == Task::classes;
  const WaitingLayout layout{
      .numbers = first_served_ + kServedNumbers, .texts = kept_texts_.size(), .list = classes};
  join_.emplace(labels.join, layout, labels.text_id, classes);
}

/// Rows, labels and the ends of waits in the order of their positions; at one position waits end
/// first, then a row is scored, then a label is learned.
void ModelOperator::walk(Turn& turn, const Batch& labels) {
  Step& step = turn.step;
  const Batch& rows = turn.rows;
  std::size_t row = 0;
  std::size_t label = 0;
  while (row < rows.rows || label < labels.rows) {
    const bool is_row =
        row < rows.rows && (label == labels.rows || rows.positions[row] <= labels.positions[label]);
    const std::uint32_t position = is_row ? rows.positions[row] : labels.positions[label];
    end_waits(turn, position);
    join_->advance(step.watermark[position]);
    if (is_row)
      serve_and_wait(turn, row++);
    else
      take_label(turn, labels, label++);
    // A wait that is over when its row comes ends at the next position, wherever the step is cut.
    turn.floor = position + 1;
  }
  if (step.size() == 0) return;
  end_waits(turn, step.size() - 1);
  join_->advance(step.watermark.back());
}

void ModelOperator::end_waits(Turn& turn, std::uint32_t last) {
  const Step& step = turn.step;
  const std::optional<Constant>& absent = plan_.labels->absent;
  for (const auto* next = join_->next_due(); next && next->due <= step.watermark[last];
       next = join_->next_due()) {
    const TimerQueue::Timer timer = *next;
    const std::uint32_t position = std::max(step.first_at(timer.due), turn.floor);
    if (position > last) return;
    join_->advance(step.watermark[position]);
    if (absent) {
      join_->read(timer.number, row_);
      use_label(turn, position, {absent->number, absent->text, timer.due}, true);
    }
    join_->end_wait(timer, absent.has_value());
  }
}

void ModelOperator::serve_and_wait(Turn& turn, std::size_t row) {
  const LabelsPlan& labels = *plan_.labels;
  const std::uint32_t position = turn.position(row);
  const Served served = serve(turn, row);
  MatchId id;
  if (labels.text_id)
    id.text = turn.rows.text(labels.row_id, row);
  else
    id.number = turn.rows.number(labels.row_id, row);
  if (labels.text_id ? is_missing(id.text) : is_missing(id.number))
    return join_->count(LabelEnd::unmatched);
  Label label;
  const LabelJoin::Arrival arrival = join_->arrive(id, label);
  if (arrival == LabelJoin::Arrival::duplicate) return;

  const double weight = learning_weight(turn, row, served);
  if (weight > 0 && !frozen_) model_.observe({numbers_, texts_});
  const std::int64_t time = row_time(turn.step, position);
  row_.numbers.clear();
  row_.texts.clear();
  for (const Kept& kept : kept_numbers_) row_.numbers.push_back(turn.rows.number(kept.field, row));
  for (const Kept& kept : kept_texts_) row_.texts.push_back(turn.rows.text(kept.field, row));
  row_.numbers.insert(row_.numbers.end(),
                      {static_cast<double>(time), served.prediction, served.score, weight,
                       served.version, served.updates, served.fallback ? 1.0 : 0.0});
  row_.list = model_.scores();
  if (arrival == LabelJoin::Arrival::joins) {
    join_->count(LabelEnd::joined);
    observe_delay(label, time);
    use_label(turn, position, label, true);
  }
  join_->keep(id, arrival, time, row_);
}

void ModelOperator::take_label(Turn& turn, const Batch& labels, std::size_t row) {
  const LabelsPlan& plan = *plan_.labels;
  const std::uint32_t position = labels.positions[row];
  Label label;
  label.time = row_time(turn.step, position);
  if (!plan.field) {
    label.number = plan.present->number;
    label.text = plan.present->text;
  } else if (plan_.task == Task::classes) {
    label.text = labels.text(*plan.field, row);
  } else {
    label.number = labels.number(*plan.field, row);
  }
  MatchId id;
  if (plan.text_id)
    id.text = labels.text(plan.label_id, row);
  else
    id.number = labels.number(plan.label_id, row);
  const bool no_value =
      plan_.task == Task::classes ? is_missing(label.text) : is_missing(label.number);
  const bool no_id = plan.text_id ? is_missing(id.text) : is_missing(id.number);
  if (no_value || no_id) return join_->count(LabelEnd::missing);

  const LabelJoin::Reached reached = join_->reach(id, label, turn.step.watermark[position]);
  for (std::uint64_t number : reached.rows) {
    join_->read(number, row_);
    if (!reached.late) join_->count(LabelEnd::joined);
    observe_delay(label, static_cast<std::int64_t>(row_.numbers[first_served_ + kTime]));
    // With `absent:` a late row has given its outcome already.
    use_label(turn, position, label, !reached.late || !plan.absent);
    join_->take(number);
  }
}

void ModelOperator::observe_delay(const Label& label, std::int64_t row_time_ms) {
  label_delay_.observe(static_cast<double>(std::max<std::int64_t>(0, label.time - row_time_ms)) /
                       1'000);
}

/// Learns `row_`, a row as it was served, from its label, and gives its outcome.
void ModelOperator::use_label(Turn& turn, std::uint32_t position, const Label& label,
                              bool give_outcome) {
  const Served served = unpack(row_);
  const double* own = row_.numbers.data() + first_served_;
  const double delay = static_cast<double>(label.time) - own[kTime];
  const std::optional<double> number = number_of(label, own[kWeight]);
  if (give_outcome && outcomes_.any_needed()) {
    give(turn, {position, served, row_.list, label, number, delay});
    Arena& arena = turn.step.arena;
    for (const Kept& kept : kept_numbers_) outcomes_.number(kept.field, row_.numbers[kept.at]);
    for (const Kept& kept : kept_texts_) {
      const std::string_view text = row_.texts[kept.at];
      if (outcomes_.needed(kept.field))
        outcomes_.text(kept.field, is_missing(text) ? text : arena.copy(text));
    }
  }
  if (own[kWeight] == 0 || frozen_) return;
  const std::span<const double> numbers(row_.numbers);
  const std::span<const std::string_view> texts(row_.texts);
  model_.learn({numbers.subspan(first_number_, plan_.numbers.size()),
                texts.subspan(first_text_, plan_.texts.size())},
               number, own[kWeight]);
}

Served ModelOperator::unpack(const WaitingRow& row) const {
  const double* own = row.numbers.data() + first_served_;
  return {.prediction = own[kPrediction],
          .score = own[kScore],
          .version = own[kVersion],
          .updates = own[kUpdates],
          .fallback = own[kFallback] != 0};
}

}  // namespace weir
