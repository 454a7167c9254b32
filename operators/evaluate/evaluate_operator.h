#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "monitoring/metrics/baseline.h"
#include "monitoring/metrics/baseline.h"
#include "operators/evaluate/quality_window.h"
#include "operators/rows/outcome_rows.h"
#include "pipeline/core/operator.h"
#include "pipeline/core/text_index.h"

namespace weir {

/// An evaluate operator after binding.
struct EvaluatePlan {
  QualityPlan quality;
  std::vector<std::string> columns;  // names, in the order of QualityWindow's values
  Extent window;
  std::optional<Extent> every;  // none: a row never comes (`window: all`)
  std::size_t label = 0, prediction = 0, score = 0, loss = 0;  // fields of the input
  std::string model;
  Schema output;

  bool timed() const { return every && every->unit == Extent::Unit::time; }
};

/// One instance of the `evaluate` operator; see operators/evaluate/evaluate.h.
class Evaluate final : public Operator {
 public:
  Evaluate(const EvaluatePlan& plan, const Placement& placement)
      : plan_(plan),
        shard_(placement.shard),
        rows_(plan.output, placement.needed[0]),
        whole_(plan_.quality, true),
        typical_(Baseline::Kind::typical, plan.quality.task),
        last_(Baseline::Kind::last, plan.quality.task),
        last_values_(plan.columns.size(), kMissing) {}

  void process(Step& step, std::span<const Batch> inputs, std::span<Batch> outputs) override;
  std::optional<std::int64_t> next_timer() const override {
    if (!plan_.timed()) return std::nullopt;
    if (plan_.window.unit == Extent::Unit::all) return pending_;
    return open_.empty() ? std::nullopt : std::optional(open_.front().end());
  }
  void state(StateVisitor& visit, std::size_t part) override;
  void report(Reporter& report) const override;
  void summary(Reporter& report) const override;

 private:
  bool read(const Batch& batch, std::size_t row);
  /// Whether a window may hold any number of rows.
  bool bounded() const { return plan_.window.unit != Extent::Unit::rows; }
  double class_of(std::string_view name, std::uint32_t beyond);
  void add(const Step& step, std::uint32_t position);
  void add_to_rows(std::int64_t time, const Step& step, std::uint32_t position);
  void add_to_times(std::int64_t time, const Step& step, std::uint32_t position);
  void add_to_all(std::int64_t time, const Step& step, std::uint32_t position);
  QualityWindow make_window(std::int64_t end);
  void drop_front();
  void close_windows(const Step& step, std::uint32_t last);
  void emit(const QualityWindow& window, std::int64_t from, std::int64_t to, std::int64_t time,
            std::uint32_t position);
  void tell(Reporter& report, std::size_t column, double value) const;

  EvaluatePlan plan_;
  std::uint32_t shard_;
  OutcomeRows rows_;
  QualityWindow whole_;             // the whole run
  std::deque<QualityWindow> open_;  // by end
  double last_label_ = kMissing;    // of the row before
  Baseline typical_, last_;
  TextIndex classes_;
  std::optional<std::int64_t> pending_;  // `window: all` by time: when the next row is due
  std::int64_t closed_ = kNoTime;        // windows that end here or before are closed
  std::uint64_t late_ = 0;
  std::uint64_t shed_ = 0;  // windows closed early, and rows of classes beyond the most
  std::vector<double> last_values_;
  // Scratch:
  std::array<Outcome, 3> outcomes_;     // of the row at hand
  std::optional<QualityWindow> spare_;  // a closed one, to be used again
};

}  // namespace weir
