#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/model/model_fields.h"
#include "operators/model/model_plan.h"
#include "operators/model/served_model.h"
#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"

namespace weir {

/// The main output of a model: every row with what the model said of it, a column at a time.
/// Columns that nobody reads are left null, but the score, which the figures of recent rows need.
class ScoreWriter {
 public:
  /// `needed`: by field of the output.
  ScoreWriter(const ModelPlan& plan, std::vector<bool> needed);

  /// Begins a step; `rows` and the arena must live as long as it.
  void begin(const Batch& rows, Arena& arena);

  /// Writes one row as `model` has just served it.
  void write(std::size_t row, const Served& served, ServedModel& model);

  /// Of the rows written in this step.
  std::span<const double> scores() const { return scores_; }

  /// Ends the step: `out` has every row, in order. It borrows from this writer.
  void finish(Batch& out);

 private:
  std::string name_;
  Task task_;
  ModelFields at_;
  std::vector<bool> needed_;
  // Of the step; empty: not needed.
  const Batch* rows_ = nullptr;
  Arena* arena_ = nullptr;
  std::span<double> scores_, predictions_, updates_;
  std::span<std::string_view> predicted_classes_, names_, versions_;
  std::span<std::span<double>> probabilities_;
};

}  // namespace weir
