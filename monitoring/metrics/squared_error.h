#pragma once

#include "monitoring/metrics/metric.h"
#include "monitoring/sketches/moments.h"

namespace weir {

/// A metric computed from the sum of squared errors and the moments of the labels. The sum is
/// infinite when a squared error is. Cost: O(1) time and memory per row.
class SquaredErrorMetric : public Metric {
 public:
  void add(const Outcome& outcome) override {
    const double error = outcome.label - outcome.prediction;
    sum_ += error * error;
    labels_.add(outcome.label);
  }
  void reset() override {
    sum_ = 0;
    labels_ = {};
  }
  void state(StateVisitor& visit) override { visit(sum_, labels_); }

 protected:
  double sum_ = 0;
  Moments labels_;
};

}  // namespace weir
