#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "monitoring/metrics/metric.h"
#include "pipeline/core/state.h"

namespace weir {

/// What is measured, in the order of its columns: the model's outcome and those of baselines.
struct QualityPlan {
  Task task = Task::binary;
  std::vector<const MetricType*> metrics;
  std::size_t judged = 1;  // 1: the model; 3: with both baselines

  std::size_t columns() const { return metrics.size() * judged; }
};

/// The metrics of one window.
class QualityWindow {
 public:
  /// `bounded`: the window may hold any number of rows; `end`: where it ends, in rows or ms.
  QualityWindow(const QualityPlan& plan, bool bounded, std::int64_t end = 0);

  /// `outcomes`: one per judged, the model's first.
  void add(const Outcome* outcomes, std::int64_t time);

  std::int64_t end() const { return end_; }
  std::uint64_t count() const { return count_; }
  /// The event times of its first and last row.
  std::int64_t from() const { return from_; }
  std::int64_t to() const { return to_; }
  /// NaN while it is not defined.
  double value(std::size_t column) const { return metrics_[column]->value(); }
  /// Starts over, as a new window.
  void reset(std::int64_t end);
  /// Says which label the row before the window had.
  void follow(double label);

  void state(StateVisitor& visit);

 private:
  std::size_t judged_;
  std::int64_t end_;
  std::uint64_t count_ = 0;
  std::int64_t from_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t to_ = std::numeric_limits<std::int64_t>::min();
  std::vector<std::unique_ptr<Metric>> metrics_;  // judged by judged
};

}  // namespace weir
