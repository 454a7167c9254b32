#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "models/model.h"
#include "operators/model/feature_columns.h"
#include "operators/model/label_learner.h"
#include "operators/model/learning_weight.h"
#include "operators/model/model_parts.h"
#include "operators/model/model_plan.h"
#include "operators/model/outcome_writer.h"
#include "operators/model/recent_rows.h"
#include "operators/model/score_writer.h"
#include "operators/model/served_model.h"
#include "pipeline/core/operator.h"

namespace weir {

/// One instance of the `model` operator; see operators/model/model.h.
class ModelOperator final : public Operator {
 public:
  ModelOperator(const ModelPlan& plan, std::unique_ptr<Model> model, const Placement& placement);
  ModelOperator(const ModelOperator&) = delete;  // its parts know each other
  ModelOperator& operator=(const ModelOperator&) = delete;

  void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) override;
  void state(StateVisitor& visit, std::size_t part) override;
  void sealed(SealedSink& sink) override;
  std::optional<std::int64_t> next_timer() const override;
  void drained() override;
  void report(Reporter& report) const override;
  /// `freeze`: no part learns from then on (scaler and encoder included), scoring and outcomes
  /// continue; `unfreeze`.
  bool command(std::string_view name) override;

  /// Bytes of the rows and labels that wait.
  std::size_t waiting_bytes() const { return later_labels_ ? later_labels_->bytes() : 0; }

 private:
  Served serve(std::size_t row, const Features& features);
  double weigh(std::size_t row, const Features& features, const Served& served);
  void learn_from_rows(Step& step, const Batch& rows);
  void emit_outcome(Step& step, const Batch& rows, std::size_t row,
                    const OutcomeWriter::Outcome& outcome);
  void merge_by_position(Step& step, const Batch& rows, const Batch& labels);

  ModelPlan plan_;
  std::vector<ModelPart> parts_;  // of its state
  ServedModel model_;
  RecentRows recent_;
  FeatureColumns features_;
  LearningWeight weight_;
  ScoreWriter scores_;
  OutcomeWriter outcomes_;
  std::optional<LabelLearner> later_labels_;  // with `labels:`
};

}  // namespace weir
