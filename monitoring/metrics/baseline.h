#pragma once

#include <cstdint>
#include <vector>

#include "monitoring/metrics/metric.h"

namespace weir {

/// What predicting without any feature would have scored: the bar a model has to clear.
///
/// `typical` predicts the class seen most often so far (ties: the lowest number), or the mean of
/// the labels; its score is the share so far, one imaginary row of each class added. `last`
/// predicts the label of the row before, with certainty. Before the first row: no class (-1) or 0.
/// Use: `outcome(label)` of a row, then `learn(label)`: prequential, as the model itself.
/// Cost: O(1) per row (`typical` of classes: O(classes)). Memory: 8 bytes per class.
class Baseline {
 public:
  enum class Kind : std::uint8_t { typical, last };

  Baseline(Kind kind, Task task) : kind_(kind), task_(task) {}

  /// The outcome of this baseline's prediction for a row with `label`.
  Outcome outcome(double label) const;
  void learn(double label);
  void state(StateVisitor& visit) { visit(rows_, mean_, last_, counts_); }

 private:
  double predicted_class() const;
  double share(double label) const;

  Kind kind_;
  Task task_;
  std::uint64_t rows_ = 0;
  double mean_ = 0;
  double last_ = 0;
  std::vector<std::uint64_t> counts_;  // rows by class
};

}  // namespace weir
