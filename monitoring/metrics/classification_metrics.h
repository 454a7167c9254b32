#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "monitoring/metrics/metric.h"

namespace weir {

/// Counts by class: all that accuracy, precision, recall, F1 and Cohen's kappa need of a confusion
/// matrix. Memory: 24 bytes per class, at most 65,536 classes.
struct ClassCounts {
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

/// Share of rows predicted right. Agrees with sklearn.metrics.accuracy_score.
std::unique_ptr<Metric> make_accuracy(Task task, bool bounded);

/// Binary: of the class true. Classes: the plain mean over the classes seen as label or prediction
/// ("macro"). 0 where the divisor is 0. Agree with sklearn.metrics.{precision,recall,f1}_score
/// (average="binary" | "macro", zero_division=0).
std::unique_ptr<Metric> make_precision(Task task, bool bounded);
std::unique_ptr<Metric> make_recall(Task task, bool bounded);
std::unique_ptr<Metric> make_f1(Task task, bool bounded);

/// (accuracy - chance) / (1 - chance); NaN when chance is 1. Source: Cohen 1960; agrees with
/// sklearn.metrics.cohen_kappa_score.
std::unique_ptr<Metric> make_kappa(Task task, bool bounded);

/// (accuracy - a) / (1 - a), a the accuracy of predicting the label of the row before: 0 is no
/// better than the last label. The first row of all counts as wrong for it; after `reset` the row
/// before is still known, `follow` names another. NaN when a is 1. Source: Zliobaite, Bifet, Read,
/// Pfahringer and Holmes 2015, Machine Learning 98:455.
std::unique_ptr<Metric> make_kappa_temporal(Task task, bool bounded);

/// Mean natural log loss, as the model clipped it. Agrees with sklearn.metrics.log_loss.
std::unique_ptr<Metric> make_log_loss(Task task, bool bounded);

}  // namespace weir
