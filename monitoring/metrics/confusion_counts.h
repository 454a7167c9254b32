#pragma once

#include <cstdint>
#include <vector>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Counts by class: all that accuracy, precision, recall, F1 and Cohen's kappa need of a confusion
/// matrix. Cost: O(1) per row. Memory: 24 bytes per class, at most 65,536 classes.
struct ConfusionCounts {
  struct Class {
    std::uint64_t labelled = 0;
    std::uint64_t predicted = 0;
    std::uint64_t hits = 0;

    void state(StateVisitor& visit) { visit(labelled, predicted, hits); }
  };
  std::vector<Class> classes;
  std::uint64_t rows = 0;

  void add(const Outcome& outcome);
  double accuracy() const;  // NaN without rows
  void state(StateVisitor& visit) { visit(classes, rows); }

 private:
  Class& at(double label);
};

/// 0 where `whole` is 0.
double ratio_or_zero(std::uint64_t part, std::uint64_t whole);

/// A metric computed from the counts.
class CountsMetric : public Metric {
 public:
  void add(const Outcome& outcome) override { counts_.add(outcome); }
  void reset() override { counts_ = {}; }
  void state(StateVisitor& visit) override { visit(counts_); }

 protected:
  ConfusionCounts counts_;
};

/// A metric that each class has. Binary: of the class true. Classes: the plain mean over the
/// classes seen as label or prediction ("macro"). NaN without rows. Cost of `value`: O(classes).
class ClassMetric : public CountsMetric {
 public:
  explicit ClassMetric(Task task) : binary_(task == Task::binary) {}

  double value() const final;

 private:
  virtual double of(const ConfusionCounts::Class& one) const = 0;

  bool binary_;
};

}  // namespace weir
