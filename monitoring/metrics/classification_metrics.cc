#include "monitoring/metrics/classification_metrics.h"

#include <functional>
#include <limits>

#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMaxClasses = 65'536;

double ratio_or_zero(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double beyond(double accuracy, double chance) {
  return chance == 1 ? kNaN : (accuracy - chance) / (1 - chance);
}

double precision_of(const ClassCounts::Class& c) { return ratio_or_zero(c.hits, c.predicted); }

double recall_of(const ClassCounts::Class& c) { return ratio_or_zero(c.hits, c.labelled); }

double f1_of(const ClassCounts::Class& c) {
  return ratio_or_zero(2 * c.hits, c.predicted + c.labelled);
}

double kappa_of(const ClassCounts& counts) {
  if (counts.rows == 0) return kNaN;
  const double rows = static_cast<double>(counts.rows);
  double chance = 0;
  for (const ClassCounts::Class& c : counts.classes)
    chance += static_cast<double>(c.labelled) / rows * (static_cast<double>(c.predicted) / rows);
  return beyond(counts.accuracy(), chance);
}

/// A figure computed from the counts.
template <auto value_of>
class OfCounts final : public Metric {
 public:
  void add(const Outcome& outcome) override { counts_.add(outcome); }
  double value() const override { return std::invoke(value_of, counts_); }
  void reset() override { counts_ = {}; }
  void state(StateVisitor& visit) override { visit(counts_); }

 private:
  ClassCounts counts_;
};

/// A figure of one class: of the class true, or its mean over the classes seen.
template <auto value_of>
class OfClass final : public Metric {
 public:
  explicit OfClass(Task task) : binary_(task == Task::binary) {}

  void add(const Outcome& outcome) override { counts_.add(outcome); }
  double value() const override {
    if (counts_.rows == 0) return kNaN;
    if (binary_) return counts_.classes.size() > 1 ? value_of(counts_.classes[1]) : 0;
    double sum = 0;
    double seen = 0;
    for (const ClassCounts::Class& c : counts_.classes) {
      if (c.labelled + c.predicted == 0) continue;
      sum += value_of(c);
      ++seen;
    }
    return sum / seen;
  }
  void reset() override { counts_ = {}; }
  void state(StateVisitor& visit) override { visit(counts_); }

 private:
  bool binary_;
  ClassCounts counts_;
};

class KappaTemporal final : public Metric {
 public:
  void add(const Outcome& outcome) override {
    ++rows_;
    hits_ += outcome.prediction == outcome.label;
    unchanged_ += outcome.label == last_;
    last_ = outcome.label;
  }
  double value() const override {
    if (rows_ == 0) return kNaN;
    return beyond(ratio_or_zero(hits_, rows_), ratio_or_zero(unchanged_, rows_));
  }
  void reset() override { rows_ = hits_ = unchanged_ = 0; }
  void follow(double label) override { last_ = label; }
  void state(StateVisitor& visit) override { visit(rows_, hits_, unchanged_, last_); }

 private:
  std::uint64_t rows_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t unchanged_ = 0;
  double last_ = kNaN;
};

class LogLoss final : public Metric {
 public:
  void add(const Outcome& outcome) override {
    ++rows_;
    sum_ += outcome.loss;
  }
  double value() const override { return rows_ == 0 ? kNaN : sum_ / static_cast<double>(rows_); }
  void reset() override {
    rows_ = 0;
    sum_ = 0;
  }
  void state(StateVisitor& visit) override { visit(rows_, sum_); }

 private:
  std::uint64_t rows_ = 0;
  double sum_ = 0;
};

}  // namespace

ClassCounts::Class& ClassCounts::at(double label) {
  check(label >= 0 && label < kMaxClasses, "a class number is below 65,536");
  const auto number = static_cast<std::size_t>(label);
  if (number >= classes.size()) classes.resize(number + 1);
  return classes[number];
}

void ClassCounts::add(const Outcome& outcome) {
  ++rows;
  ++at(outcome.label).labelled;
  if (!(outcome.prediction >= 0)) return;
  Class& predicted = at(outcome.prediction);
  ++predicted.predicted;
  if (outcome.prediction == outcome.label) ++predicted.hits;
}

double ClassCounts::accuracy() const {
  if (rows == 0) return kNaN;
  std::uint64_t hits = 0;
  for (const Class& c : classes) hits += c.hits;
  return static_cast<double>(hits) / static_cast<double>(rows);
}

std::unique_ptr<Metric> make_accuracy(Task, bool) {
  return std::make_unique<OfCounts<&ClassCounts::accuracy>>();
}

std::unique_ptr<Metric> make_precision(Task task, bool) {
  return std::make_unique<OfClass<precision_of>>(task);
}

std::unique_ptr<Metric> make_recall(Task task, bool) {
  return std::make_unique<OfClass<recall_of>>(task);
}

std::unique_ptr<Metric> make_f1(Task task, bool) { return std::make_unique<OfClass<f1_of>>(task); }

std::unique_ptr<Metric> make_kappa(Task, bool) { return std::make_unique<OfCounts<kappa_of>>(); }

std::unique_ptr<Metric> make_kappa_temporal(Task, bool) {
  return std::make_unique<KappaTemporal>();
}

std::unique_ptr<Metric> make_log_loss(Task, bool) { return std::make_unique<LogLoss>(); }

}  // namespace weir
