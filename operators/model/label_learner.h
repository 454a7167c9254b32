#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "operators/labels/label_hearing.h"
#include "operators/labels/label_join.h"
#include "operators/model/model_plan.h"
#include "operators/model/outcome_writer.h"
#include "operators/model/served_model.h"
#include "operators/model/served_row_layout.h"
#include "pipeline/core/metrics.h"
#include "pipeline/core/state.h"
#include "pipeline/core/step.h"

namespace weir {

/// Learns rows whose labels come later: rows wait as they were served; when a label comes or a wait
/// ends, the row is learned and its outcome written. Which label belongs to which row is for
/// LabelJoin to say, up to when labels have been heard for LabelHearing.
///
/// Call in the order of positions: at each one `advance`, then its row, then its label. Cost and
/// memory: LabelJoin's.
class LabelLearner {
 public:
  /// `needed`: by field of the output `outcomes`; `sources`: those of the labels. Of the others it
  /// borrows.
  LabelLearner(const ModelPlan& plan, const std::vector<bool>& needed,
               std::span<const PortSource> sources, ServedModel& model, OutcomeWriter& outcomes);
  LabelLearner(const LabelLearner&) = delete;
  LabelLearner& operator=(const LabelLearner&) = delete;

  void begin_step(const Step& step);
  /// Lets time pass until `position`, included: waits that are over end, each at its own position.
  void advance(Step& step, std::uint32_t position);
  void end_step(Step& step);

  /// Lets a row wait that was just served (as `features`); `weight`: with which it is learned. What
  /// needs no label is learned at once. A label that came before its row is used.
  void on_row(Step& step, const Batch& rows, std::size_t row, const Features& features,
              const Served& served, double weight);
  /// Learns the rows that a label of port 1 belongs to.
  void on_label(Step& step, const Batch& labels, std::size_t row);

  /// When the next row is due, ms; rows that are held are due already.
  std::optional<std::int64_t> next_timer() const;
  /// Nothing comes any more: rows that wait are given up.
  void give_up_rows() { join_.give_up_rows(); }
  /// Bytes of the rows and labels that wait.
  std::size_t bytes() const { return join_.bytes(); }

  void report(Reporter& report) const;
  void state(StateVisitor& visit);
  void sealed(SealedSink& sink) { join_.sealed(sink); }

 private:
  std::optional<MatchId> id_of(const Batch& batch, std::size_t field, std::size_t row) const;
  std::optional<Label> read_label(const Step& step, const Batch& labels, std::size_t row) const;
  void end_waits(Step& step, std::uint32_t last);
  void learn_from(Step& step, std::uint32_t position, const Label& label, bool emit);
  void observe_delay(const Label& label, std::int64_t row_time);

  const ModelPlan& plan_;
  ServedModel& model_;
  OutcomeWriter& outcomes_;
  ServedRowLayout layout_;
  LabelJoin join_;
  LabelHearing hearing_;
  Histogram label_delay_;
  WaitingRow row_;  // scratch: the row at hand
};

}  // namespace weir
