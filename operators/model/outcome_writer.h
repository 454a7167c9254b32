#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/labels/label_join.h"
#include "operators/model/model_fields.h"
#include "operators/model/model_plan.h"
#include "operators/model/served_model.h"
#include "operators/rows/outcome_rows.h"
#include "pipeline/core/step.h"

namespace weir {

/// The output `outcomes` of a model: rows as they were served, with the label and how good the
/// prediction was.
class OutcomeWriter {
 public:
  /// One row whose label is known.
  struct Outcome {
    std::uint32_t position;  // in the step
    const Served& served;
    std::span<const double> scores;  // as served, with Task::classes
    const Label& label;
    std::optional<double> number;  // the label, as ServedModel::label_number gives it
    double delay;                  // ms from the row to its label
  };

  /// `needed`: by field of the output.
  OutcomeWriter(const ModelPlan& plan, std::vector<bool> needed);

  /// Whether anyone reads the output, or one of its fields.
  bool any_needed() const { return rows_.any_needed(); }
  bool needed(std::size_t field) const { return rows_.needed(field); }

  void begin_step() { rows_.begin(); }

  /// Begins a row with all that is the model's; the fields passed on are to be set after it.
  void emit_outcome(const Outcome& outcome, ServedModel& model, Arena& arena);
  void pass_number(std::size_t field, double value) { rows_.number(field, value); }
  /// `value` must live as long as the step.
  void pass_text(std::size_t field, std::string_view value) { rows_.text(field, value); }

  void finish_step(Step& step, Batch& out) { rows_.finish(step, out); }

 private:
  std::string name_;
  Task task_;
  ModelFields at_;
  OutcomeRows rows_;
};

}  // namespace weir
