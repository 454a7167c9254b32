#include "operators/model/model_operator.h"

#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

// Layouts of the state.
constexpr std::uint32_t kLearning = 3;
constexpr std::uint32_t kFrozen = 4;

/// Numbers first, then texts.
std::vector<std::string> feature_names(const ModelPlan& plan) {
  std::vector<std::string> names;
  for (const auto* fields : {&plan.numbers, &plan.texts})
    for (const std::size_t field : *fields) names.push_back(plan.rows.fields[field].name);
  return names;
}

}  // namespace

ModelOperator::ModelOperator(const ModelPlan& plan, std::unique_ptr<Model> model,
                             const Placement& placement)
    : plan_(plan),
      parts_(model_parts(plan)),
      model_(plan, std::move(model), placement.fingerprint),
      recent_(feature_names(plan)),
      features_(plan),
      weight_(plan),
      scores_(plan, placement.needed[0]),
      outcomes_(plan, placement.needed[1]) {
  if (plan.labels)
    later_labels_.emplace(plan_, placement.needed[1], placement.sources[1], model_, outcomes_);
}

void ModelOperator::process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) {
  const Batch& rows = inputs[0];
  model_.begin_step();
  features_.begin(rows, step.arena);
  weight_.begin(rows, step.arena);
  scores_.begin(rows, step.arena);
  outcomes_.begin_step();
  if (later_labels_)
    merge_by_position(step, rows, inputs[1]);
  else
    learn_from_rows(step, rows);
  recent_.add(scores_.scores(), features_.numbers(), features_.texts());
  scores_.finish(outputs[0]);
  outcomes_.finish_step(step, outputs[1]);
}

Served ModelOperator::serve(std::size_t row, const Features& features) {
  const Served served = model_.serve(features);
  scores_.write(row, served, model_);
  return served;
}

/// With which weight a row is learned; 0: no part learns it.
double ModelOperator::weigh(std::size_t row, const Features& features, const Served& served) {
  const double weight = weight_.of(row, served);
  return weight > 0 && model_.is_outlier(features) ? 0 : weight;
}

/// The label stands in the row itself: it is scored, then learned.
void ModelOperator::learn_from_rows(Step& step, const Batch& rows) {
  const bool classes = plan_.task == Task::classes;
  for (std::size_t row = 0; row < rows.rows; ++row) {
    const Features features = features_.row(row);
    const Served served = serve(row, features);
    Label label;
    if (classes)
      label.text = rows.text(*plan_.target, row);
    else
      label.number = rows.number(*plan_.target, row);
    if (classes ? is_missing(label.text) : is_missing(label.number)) continue;
    const double weight = weigh(row, features, served);
    const std::optional<double> number = model_.label_number(label, weight);
    if (outcomes_.any_needed())
      emit_outcome(step, rows, row,
                   {rows.positions[row], served, model_.scores(), label, number, 0});
    if (weight == 0 || !number) continue;  // or a class that is not among `classes:`
    model_.observe_and_learn(features, number, weight);
  }
}

void ModelOperator::emit_outcome(Step& step, const Batch& rows, std::size_t row,
                                 const OutcomeWriter::Outcome& outcome) {
  outcomes_.emit_outcome(outcome, model_, step.arena);
  for (std::size_t field = 0; field < plan_.rows.size(); ++field) {
    if (!outcomes_.needed(field)) continue;
    if (plan_.rows.fields[field].type == Type::text)
      outcomes_.pass_text(field, rows.text(field, row));
    else
      outcomes_.pass_number(field, rows.number(field, row));
  }
}

/// Rows, labels and the ends of waits in the order of their positions; at one position waits end
/// first, then a row is scored, then a label is learned.
void ModelOperator::merge_by_position(Step& step, const Batch& rows, const Batch& labels) {
  later_labels_->begin_step(step);
  std::size_t row = 0;
  std::size_t label = 0;
  while (row < rows.rows || label < labels.rows) {
    const bool is_row =
        row < rows.rows && (label == labels.rows || rows.positions[row] <= labels.positions[label]);
    later_labels_->advance(step, is_row ? rows.positions[row] : labels.positions[label]);
    if (is_row) {
      const Features features = features_.row(row);
      const Served served = serve(row, features);
      later_labels_->on_row(step, rows, row, features, served, weigh(row, features, served));
      ++row;
    } else {
      later_labels_->on_label(step, labels, label++);
    }
  }
  later_labels_->end_step(step);
}

std::optional<std::int64_t> ModelOperator::next_timer() const {
  return later_labels_ ? later_labels_->next_timer() : std::nullopt;
}

void ModelOperator::drained() {
  if (later_labels_) later_labels_->give_up_rows();
}

void ModelOperator::state(StateVisitor& visit, std::size_t part) {
  switch (parts_[part]) {
    case ModelPart::model: {
      const std::uint32_t version = model_.frozen() ? kFrozen : kLearning;
      model_.freeze(visit.version("model", version, kLearning, kFrozen) == kFrozen);
      return visit(model_, recent_, weight_);
    }
    case ModelPart::classes:
      return model_.classes_state(visit);
    case ModelPart::labels:
      return visit(*later_labels_);
  }
}

void ModelOperator::sealed(SealedSink& sink) {
  if (later_labels_) later_labels_->sealed(sink);
}

bool ModelOperator::command(std::string_view name) {
  if (name != "freeze" && name != "unfreeze") return false;
  model_.freeze(name == "freeze");
  return true;
}

void ModelOperator::report(Reporter& report) const {
  model_.report_learning(report);
  recent_.report_scores(report);
  model_.report_serving(report);
  recent_.report_missing(report);
  weight_.report(report);
  if (later_labels_) later_labels_->report(report);
}

}  // namespace weir
