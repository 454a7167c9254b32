#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>

#include "pipeline/core/state.h"
#include "pipeline/core/task.h"

namespace weir {

/// One outcome as an evaluation metric takes it. Binary: `label` 0 or 1, `prediction` 0 or 1,
/// `score` the probability of true. Classes: `label` and `prediction` are class numbers, `score` is
/// the probability given to the label's class. Regression: the values; `score` is the prediction.
/// A negative prediction of a class is none: never right, and counted for no class. `loss` is the
/// model's: natural log loss, clipped to [2^-52, 1 - 2^-52], or squared error.
struct Outcome {
  double label = 0;
  double prediction = 0;
  double score = 0;
  double loss = 0;
};

/// One figure of quality, kept up one outcome at a time.
class Metric {
 public:
  virtual ~Metric() = default;
  virtual void add(const Outcome& outcome) = 0;
  /// NaN while it is not defined (no rows, one class only for ROC AUC).
  virtual double value() const = 0;
  virtual void reset() = 0;
  /// Says, before the first row, which label the row before it had.
  virtual void follow(double /*label*/) {}
  virtual void state(StateVisitor& visit) = 0;
};

/// A row of the table of metrics (registry.cc).
struct MetricType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;       // not empty: known, but not available yet
  std::span<const Task> tasks;  // it is defined for
  /// Null when it is not available yet. `bounded`: the metric covers any number of rows (the whole
  /// run, a window of time) and must not grow with them (ROC AUC then has bins of scores); else it
  /// is exact over a window of rows. The task decides the meaning: precision is
  /// that of `true`, or the mean over the classes.
  std::unique_ptr<Metric> (*make)(Task task, bool bounded);

  bool fits(Task task) const { return std::ranges::find(tasks, task) != tasks.end(); }
};

/// Every metric, sorted by name.
std::span<const MetricType> metric_types();

}  // namespace weir
