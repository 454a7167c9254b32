#include "operators/model/model_operator.h"

#include <algorithm>

namespace weir {
namespace {

// An output's own fields, after those passed on.
enum OwnField : std::size_t { kOwnPrediction, kOwnScore, kOwnModel, kOwnVersion, kOwnUpdates };
constexpr std::size_t kOwnFields = kOwnUpdates + 1;
// Layouts of the state.
constexpr std::uint32_t kLearning = 1;
constexpr std::uint32_t kFrozen = 2;
enum OutcomeField : std::size_t { kLabel, kLabelDelay, kError, kLoss, kIsFallback };

Histogram delays() {  // seconds to months
  return Histogram({1, 10, 60, 600, 3'600, 6 * 3'600.0, 86'400, 3 * 86'400.0, 7 * 86'400.0,
                    14 * 86'400.0, 30 * 86'400.0, 60 * 86'400.0, 90 * 86'400.0});
}

}  // namespace

ModelOperator::ModelOperator(const ModelPlan& plan, std::unique_ptr<Model> model,
                             const Placement& placement)
    : plan_(plan),
      main_needed_(placement.needed[0]),
      model_(plan, std::move(model), placement.fingerprint),
      recent_(plan.features.size()),
      outcomes_(plan.outcomes, placement.needed[1]),
      label_delay_(delays()),
      numbers_(plan.numbers.size()),
      texts_(plan.texts.size()) {
  if (plan_.labels) prepare_waiting(placement.needed[1]);
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
    const std::optional<double> number = number_of(label, weight);
    if (outcomes_.any_needed()) {
      const std::uint32_t position = turn.position(row);
      const Outcome outcome{position, served, model_.scores(), label, number, 0};
      give(turn, outcome);
      for (std::size_t field = 0; field < plan_.rows.size(); ++field) {
        if (!outcomes_.needed(field)) continue;
        if (plan_.rows.fields[field].type == Type::text)
          outcomes_.text(field, turn.rows.text(field, row));
        else
          outcomes_.number(field, turn.rows.number(field, row));
      }
    }
    if (weight == 0 || !number || frozen_) continue;  // or a class that is not among `classes:`
    model_.observe({numbers_, texts_});
    model_.learn({numbers_, texts_}, number, weight);
  }
}

/// The label as a number; none of a class that is not known and may not be learned. A row that is
/// not learned makes no class known.
std::optional<double> ModelOperator::number_of(const Label& label, double weight) {
  if (plan_.task != Task::classes) return label.number;
  if (weight == 0 || frozen_) return model_.known_class(label.text);
  return model_.class_number(label.text);
}

/// Begins an outcome: everything but the fields passed on.
void ModelOperator::give(Turn& turn, const Outcome& outcome) {
  Arena& arena = turn.step.arena;
  const Served& served = outcome.served;
  const bool classes = plan_.task == Task::classes;
  const ServedModel::Quality quality = model_.quality(served, outcome.scores, outcome.number);
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
  // The version says it, so that a model that learns has the bytes it had before it could freeze.
  frozen_ = visit.version("model", frozen_ ? kFrozen : kLearning, kLearning, kFrozen) == kFrozen;
  visit(model_, recent_, invalid_);
  if (!join_) return;
  std::uint64_t layout = layout_hash_;
  visit(layout);
  if (layout != layout_hash_)
    throw StateError("model " + plan_.name + ": other fields of waiting rows are read now");
  visit(*join_);
}

void ModelOperator::sealed(SealedSink& sink) {
  if (join_) join_->sealed(sink);
}

bool ModelOperator::command(std::string_view name) {
  if (name != "freeze" && name != "unfreeze") return false;
  frozen_ = name == "freeze";
  return true;
}

void ModelOperator::report(Reporter& report) const {
  report(metric::model_frozen, frozen_ ? 1 : 0);
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
  if (plan_.task == Task::classes)
    report(metric::evictions_total, static_cast<double>(model_.refused()));
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
