#include "operators/model_operator.h"

#include <xxhash.h>

#include <algorithm>

#include "operators/row_time.h"
#include "pipeline/core/check.h"

namespace weir {
namespace {

// The numbers of a waiting row after its fields: what was served.
enum ServedAt : std::size_t { kTime, kPrediction, kScore, kWeight, kVersion, kUpdates, kFallback };
constexpr std::size_t kServedNumbers = kFallback + 1;

// An output's own fields, after those passed on.
enum OwnField : std::size_t { kOwnPrediction, kOwnScore, kOwnModel, kOwnVersion, kOwnUpdates };
constexpr std::size_t kOwnFields = kOwnUpdates + 1;
enum OutcomeField : std::size_t { kLabel, kLabelDelay, kError, kLoss, kIsFallback };

Histogram delays() {  // seconds to months
  return Histogram({1, 10, 60, 600, 3'600, 6 * 3'600.0, 86'400, 3 * 86'400.0, 7 * 86'400.0,
                    14 * 86'400.0, 30 * 86'400.0, 60 * 86'400.0, 90 * 86'400.0});
}

}  // namespace

/// One step: its columns in and out.
struct ModelOperator::Turn {
  Step& step;
  const Batch& rows;
  std::span<const double*> numbers = {};  // the features' columns
  std::span<const std::string_view*> texts = {};
  const double* learn_when = nullptr;
  const double* weight = nullptr;
  std::uint32_t floor = 0;  // timers fire here or later
  // The main output:
  std::span<double> score = {}, prediction = {}, updates = {};
  std::span<std::string_view> prediction_text = {}, model = {}, version = {};
  std::span<std::span<double>> probabilities = {};

  std::uint32_t position(std::size_t row) const { return rows.positions[row]; }
};

ModelOperator::ModelOperator(const ModelPlan& plan, std::unique_ptr<Model> model,
                             const Schema& outcomes, const Placement& placement)
    : plan_(plan),
      main_needed_(placement.needed[0]),
      model_(plan, std::move(model), placement.fingerprint),
      recent_(plan.features.size()),
      outcomes_(outcomes, placement.needed[1]),
      label_delay_(delays()),
      numbers_(plan.numbers.size()),
      texts_(plan.texts.size()) {
  if (!plan_.labels) return;
  lay_out_waiting_rows(placement.needed[1]);
  const WaitingLayout layout{.numbers = first_served_ + kServedNumbers,
                             .texts = kept_texts_.size(),
                             .list = plan_.task == Task::classes};
  join_.emplace(plan_.labels->join, layout, plan_.labels->text_id, plan_.task == Task::classes);
}

void ModelOperator::lay_out_waiting_rows(const std::vector<bool>& needed) {
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
}

void ModelOperator::process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) {
  Turn turn{.step = step, .rows = inputs[0]};
  model_.begin_step();
  outcomes_.begin();
  prepare(turn);
  if (join_)
    walk(turn, inputs[1]);
  else
    learn_from_rows(turn);
  recent_.add(turn.score, turn.numbers, turn.texts);
  fill_main(turn, outputs[0]);
  outcomes_.finish(step, outputs[1]);
}

void ModelOperator::prepare(Turn& turn) {
  const Batch& rows = turn.rows;
  Arena& arena = turn.step.arena;
  const auto need = [&](std::size_t own) { return main_needed_[plan_.rows.size() + own]; };
  turn.score = arena.make<double>(rows.rows);
  if (need(kOwnPrediction)) {
    if (plan_.task == Task::classes)
      turn.prediction_text = arena.make<std::string_view>(rows.rows);
    else
      turn.prediction = arena.make<double>(rows.rows);
  }
  if (need(kOwnModel)) {
    turn.model = arena.make<std::string_view>(rows.rows);
    std::fill(turn.model.begin(), turn.model.end(), plan_.name);
  }
  if (need(kOwnVersion)) turn.version = arena.make<std::string_view>(rows.rows);
  if (need(kOwnUpdates)) turn.updates = arena.make<double>(rows.rows);
  turn.probabilities =
      arena.make<std::span<double>>(plan_.probabilities ? plan_.classes.size() : 0);
  for (std::span<double>& column : turn.probabilities) column = arena.make<double>(rows.rows);
  if (rows.rows == 0) return;

  turn.numbers = arena.make<const double*>(plan_.numbers.size());
  turn.texts = arena.make<const std::string_view*>(plan_.texts.size());
  for (std::size_t i = 0; i < plan_.numbers.size(); ++i)
    turn.numbers[i] = rows.columns[plan_.numbers[i]].numbers;
  for (std::size_t i = 0; i < plan_.texts.size(); ++i)
    turn.texts[i] = rows.columns[plan_.texts[i]].texts;
  const std::span<const Column> columns(rows.columns, plan_.rows.size());
  if (plan_.learn_when)
    turn.learn_when = plan_.learn_when->evaluate(columns, rows.rows, arena, invalid_).numbers;
  if (plan_.weight)
    turn.weight = plan_.weight->evaluate(columns, rows.rows, arena, invalid_).numbers;
}

void ModelOperator::fill_main(Turn& turn, Batch& out) {
  const Batch& rows = turn.rows;
  const std::size_t passed = plan_.rows.size();
  const std::span<Column> columns = turn.step.arena.make<Column>(out.schema->size());
  std::fill(columns.begin(), columns.end(), Column{});
  if (rows.rows > 0) std::copy_n(rows.columns, passed, columns.begin());
  const std::span<Column> own = columns.subspan(passed);
  if (plan_.task == Task::classes)
    own[kOwnPrediction].texts = turn.prediction_text.data();
  else
    own[kOwnPrediction].numbers = turn.prediction.data();
  own[kOwnScore].numbers = turn.score.data();
  own[kOwnModel].texts = turn.model.data();
  own[kOwnVersion].texts = turn.version.data();
  own[kOwnUpdates].numbers = turn.updates.data();
  for (std::size_t i = 0; i < turn.probabilities.size(); ++i)
    own[kOwnFields + i].numbers = turn.probabilities[i].data();
  out.rows = rows.rows;
  out.positions = rows.positions;
  out.columns = columns.data();
}

Served ModelOperator::serve(Turn& turn, std::size_t row) {
  for (std::size_t i = 0; i < numbers_.size(); ++i) numbers_[i] = turn.numbers[i][row];
  for (std::size_t i = 0; i < texts_.size(); ++i) texts_[i] = turn.texts[i][row];
  const Served served = model_.serve({numbers_, texts_});
  Arena& arena = turn.step.arena;
  turn.score[row] = served.score;
  if (!turn.prediction.empty()) turn.prediction[row] = served.prediction;
  if (!turn.prediction_text.empty())
    turn.prediction_text[row] = model_.class_text(served.prediction, arena);
  if (!turn.version.empty()) turn.version[row] = model_.version_text(served.version, arena);
  if (!turn.updates.empty()) turn.updates[row] = served.updates;
  const std::vector<double>& scores = model_.scores();
  for (std::size_t i = 0; i < turn.probabilities.size(); ++i)
    turn.probabilities[i][row] = i < scores.size() ? scores[i] : scores.empty() ? kMissing : 0;
  return served;
}

/// The weight with which a row is learned; 0: no part learns it.
double ModelOperator::learning_weight(const Turn& turn, std::size_t row,
                                      const Served& served) const {
  if (served.fallback || (turn.learn_when && turn.learn_when[row] != 1)) return 0;
  const double weight = turn.weight ? turn.weight[row] : 1;
  return weight > 0 ? weight : 0;
}

void ModelOperator::learn_from_rows(Turn& turn) {
  const bool classes = plan_.task == Task::classes;
  const Column target = turn.rows.rows > 0 ? turn.rows.columns[*plan_.target] : Column{};
  for (std::size_t row = 0; row < turn.rows.rows; ++row) {
    const Served served = serve(turn, row);
    Label label;
    if (classes)
      label.text = target.texts[row];
    else
      label.number = target.numbers[row];
    if (classes ? is_missing(label.text) : is_missing(label.number)) continue;
    const double weight = learning_weight(turn, row, served);
    const std::optional<double> number = number_of(label);
    if (outcomes_.any_needed()) {
      const std::uint32_t position = turn.position(row);
      const Outcome outcome{position, served, model_.scores(), label, 0};
      give(turn, outcome);
      for (std::size_t field = 0; field < plan_.rows.size(); ++field) {
        if (!outcomes_.needed(field)) continue;
        if (plan_.rows.fields[field].type == Type::text)
          outcomes_.text(field, turn.rows.text(field, row));
        else
          outcomes_.number(field, turn.rows.number(field, row));
      }
    }
    if (weight == 0) continue;
    model_.observe({numbers_, texts_});
    model_.learn({numbers_, texts_}, number, weight);
  }
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
  if (weight > 0) model_.observe({numbers_, texts_});
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
  const std::optional<double> number = number_of(label);
  if (give_outcome && outcomes_.any_needed()) {
    give(turn, {position, served, row_.list, label, delay});
    Arena& arena = turn.step.arena;
    for (const Kept& kept : kept_numbers_) outcomes_.number(kept.field, row_.numbers[kept.at]);
    for (const Kept& kept : kept_texts_) {
      const std::string_view text = row_.texts[kept.at];
      if (outcomes_.needed(kept.field))
        outcomes_.text(kept.field, is_missing(text) ? text : arena.copy(text));
    }
  }
  if (own[kWeight] == 0) return;
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

std::optional<double> ModelOperator::number_of(const Label& label) {
  return plan_.task == Task::classes ? model_.class_number(label.text) : label.number;
}

/// Begins an outcome: everything but the fields passed on.
void ModelOperator::give(Turn& turn, const Outcome& outcome) {
  Arena& arena = turn.step.arena;
  const Served& served = outcome.served;
  const bool classes = plan_.task == Task::classes;
  const ServedModel::Quality quality =
      model_.quality(served, outcome.scores, number_of(outcome.label));
  outcomes_.row(outcome.position);

  const std::size_t own = plan_.rows.size();
  if (classes)
    outcomes_.text(own + kOwnPrediction, model_.class_text(served.prediction, arena));
  else
    outcomes_.number(own + kOwnPrediction, served.prediction);
  outcomes_.number(own + kOwnScore, served.score);
  outcomes_.text(own + kOwnModel, plan_.name);
  if (outcomes_.needed(own + kOwnVersion))
    outcomes_.text(own + kOwnVersion, model_.version_text(served.version, arena));
  outcomes_.number(own + kOwnUpdates, served.updates);
  const std::size_t classes_given = plan_.probabilities ? plan_.classes.size() : 0;
  for (std::size_t i = 0; i < classes_given; ++i)
    if (!outcome.scores.empty())
      outcomes_.number(own + kOwnFields + i, i < outcome.scores.size() ? outcome.scores[i] : 0);

  const std::size_t known = own + kOwnFields + classes_given;
  if (classes) {
    if (outcomes_.needed(known + kLabel))
      outcomes_.text(known + kLabel, arena.copy(outcome.label.text));
  } else {
    outcomes_.number(known + kLabel, outcome.label.number);
  }
  outcomes_.number(known + kLabelDelay, outcome.delay);
  outcomes_.number(known + kError, quality.error);
  outcomes_.number(known + kLoss, quality.loss);
  outcomes_.number(known + kIsFallback, served.fallback ? 1 : 0);
}

std::optional<std::int64_t> ModelOperator::next_timer() const {
  if (!join_ || !join_->next_due()) return std::nullopt;
  return join_->next_due()->due;
}

void ModelOperator::state(StateVisitor& visit) {
  visit.version("model", 1);
  visit(model_, recent_, invalid_);
  if (!join_) return;
  std::uint64_t layout = layout_hash_;
  visit(layout);
  if (layout != layout_hash_)
    throw StateError("model " + plan_.name + ": other fields of waiting rows are read now");
  visit(*join_);
}

void ModelOperator::report(Reporter& report) const {
  report(metric::model_updates_total, static_cast<double>(model_.updates()));
  report(metric::model_version, static_cast<double>(model_.version()));
  report(metric::model_restored_total, static_cast<double>(model_.restored()));
  const auto known = [&](const MetricName& name, double value) {
    if (!is_missing(value)) report(name, value);
  };
  known(metric::model_score_mean, recent_.score_mean());
  known(metric::model_score_stddev, recent_.score_stddev());
  report(metric::fallback_total, {"reason", "missing"},
         static_cast<double>(model_.fallbacks_missing()));
  report(metric::fallback_total, {"reason", "not_finite"},
         static_cast<double>(model_.fallbacks_not_finite()));
  std::size_t at = 0;
  for (const auto* fields : {&plan_.numbers, &plan_.texts})
    for (std::size_t field : *fields)
      if (const double ratio = recent_.null_ratio(at++); !is_missing(ratio))
        report(metric::feature_null_ratio, {"field", plan_.rows.fields[field].name}, ratio);
  if (plan_.learn_when || plan_.weight)
    report(metric::expression_invalid_total, static_cast<double>(invalid_));
  if (!join_) return;
  for (std::size_t i = 0; i < kLabelEnds.size(); ++i)
    report(metric::labels_total, {"outcome", kLabelEnds[i]},
           static_cast<double>(join_->ended(static_cast<LabelEnd>(i))));
  report(metric::labels_waiting, static_cast<double>(join_->waiting()));
  report.histogram(metric::label_delay_seconds, {}, label_delay_);
}

}  // namespace weir
