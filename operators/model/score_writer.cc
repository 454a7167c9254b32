#include "operators/model/score_writer.h"

#include <algorithm>
#include <utility>

namespace weir {

ScoreWriter::ScoreWriter(const ModelPlan& plan, std::vector<bool> needed)
    : name_(plan.name), task_(plan.task), at_(plan), needed_(std::move(needed)) {}

void ScoreWriter::begin(const Batch& rows, Arena& arena) {
  rows_ = &rows;
  arena_ = &arena;
  const auto numbers = [&](bool needed) {
    return needed ? arena.make<double>(rows.rows) : std::span<double>();
  };
  const auto texts = [&](bool needed) {
    return needed ? arena.make<std::string_view>(rows.rows) : std::span<std::string_view>();
  };
  const bool classes = task_ == Task::classes;
  scores_ = numbers(true);
  predictions_ = numbers(needed_[at_.prediction()] && !classes);
  predicted_classes_ = texts(needed_[at_.prediction()] && classes);
  names_ = texts(needed_[at_.model()]);
  std::fill(names_.begin(), names_.end(), name_);
  versions_ = texts(needed_[at_.version()]);
  updates_ = numbers(needed_[at_.updates()]);
  probabilities_ = arena.make<std::span<double>>(at_.classes());
  for (std::span<double>& column : probabilities_) column = numbers(true);
}

void ScoreWriter::write(std::size_t row, const Served& served, ServedModel& model) {
  scores_[row] = served.score;
  if (!predictions_.empty()) predictions_[row] = served.prediction;
  if (!predicted_classes_.empty())
    predicted_classes_[row] = model.class_text(served.prediction, *arena_);
  if (!versions_.empty()) versions_[row] = model.version_text(served, *arena_);
  if (!updates_.empty()) updates_[row] = served.updates;
  const std::vector<double>& scores = model.scores();
  for (std::size_t i = 0; i < probabilities_.size(); ++i)
    probabilities_[i][row] = i < scores.size() ? scores[i] : scores.empty() ? kMissing : 0;
}

void ScoreWriter::finish(Batch& out) {
  const std::span<Column> columns = arena_->make<Column>(out.schema->size());
  std::fill(columns.begin(), columns.end(), Column{});
  if (rows_->rows > 0) std::copy_n(rows_->columns, rows_->schema->size(), columns.begin());
  if (task_ == Task::classes)
    columns[at_.prediction()] = predicted_classes_.data();
  else
    columns[at_.prediction()] = predictions_.data();
  columns[at_.score()] = scores_.data();
  columns[at_.model()] = names_.data();
  columns[at_.version()] = versions_.data();
  columns[at_.updates()] = updates_.data();
  for (std::size_t i = 0; i < probabilities_.size(); ++i)
    columns[at_.probability(i)] = probabilities_[i].data();
  out.rows = rows_->rows;
  out.positions = rows_->positions;
  out.columns = columns.data();
}

}  // namespace weir
