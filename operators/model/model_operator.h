#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "operators/labels/label_join.h"
#include "operators/model/model_plan.h"
#include "operators/model/recent_rows.h"
#include "operators/model/served_model.h"
#include "operators/rows/outcome_rows.h"
#include "pipeline/core/operator.h"

namespace weir {

/// One instance of the `model` operator; see operators/model/model.h.
class ModelOperator final : public Operator {
 public:
  ModelOperator(const ModelPlan& plan, std::unique_ptr<Model> model, const Placement& placement);

  void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) override;
  void state(StateVisitor& visit) override;
  void sealed(SealedSink& sink) override;
  std::optional<std::int64_t> next_timer() const override;
  void report(Reporter& report) const override;
  /// `freeze`: no part learns from then on (scaler and encoder included), scoring and outcomes go
  /// on; `unfreeze`.
  bool command(std::string_view name) override;

  /// Bytes of the rows and labels that wait.
  std::size_t waiting_bytes() const { return join_ ? join_->bytes() : 0; }

 private:
  /// Where the values of a waiting row come from and go to.
  struct Kept {
    std::size_t field;  // of port 0
    std::size_t at;     // among the row's numbers or texts
  };
  /// One row whose label is known.
  struct Outcome {
    std::uint32_t position;
    const Served& served;
    std::span<const double> scores;
    const Label& label;
    std::optional<double> number;  // the label's, as `number_of` gives it
    double delay;
  };
  /// One step: its columns in and out.
  struct Turn {
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

  void prepare_waiting(const std::vector<bool>& needed);
  void prepare(Turn& turn);
  void fill_main(Turn& turn, Batch& out);
  void learn_from_rows(Turn& turn);
  void walk(Turn& turn, const Batch& labels);

  Served serve(Turn& turn, std::size_t row);
  double learning_weight(const Turn& turn, std::size_t row, const Served& served) const;
  void serve_and_wait(Turn& turn, std::size_t row);
  void take_label(Turn& turn, const Batch& labels, std::size_t row);
  void end_waits(Turn& turn, std::uint32_t last);
  void use_label(Turn& turn, std::uint32_t position, const Label& label, bool give_outcome);

  void observe_delay(const Label& label, std::int64_t row_time_ms);

  std::optional<double> number_of(const Label& label, double weight);
  void give(Turn& turn, const Outcome& outcome);
  Served unpack(const WaitingRow& row) const;

  ModelPlan plan_;
  std::vector<bool> main_needed_;
  ServedModel model_;
  RecentRows recent_;
  OutcomeRows outcomes_;
  std::optional<LabelJoin> join_;
  Histogram label_delay_;
  bool frozen_ = false;
  std::uint64_t invalid_ = 0;  // operations of expressions without a result

  // The values of a waiting row: its id, features, other fields of outcomes, what was served.
  std::vector<Kept> kept_numbers_, kept_texts_;
  std::size_t first_number_ = 0;  // of the features
  std::size_t first_text_ = 0;
  std::size_t first_served_ = 0;
  std::uint64_t layout_hash_ = 0;

  // Scratch:
  WaitingRow row_;
  std::vector<double> numbers_;
  std::vector<std::string_view> texts_;
};

}  // namespace weir
