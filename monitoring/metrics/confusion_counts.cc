#include "monitoring/metrics/confusion_counts.h"

#include <cstddef>
#include <limits>

#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMaxClasses = 65'536;

}  // namespace

ConfusionCounts::Class& ConfusionCounts::at(double label) {
  check(label >= 0 && label < kMaxClasses, "a class number is below 65,536");
  const auto number = static_cast<std::size_t>(label);
  if (number >= classes.size()) classes.resize(number + 1);
  return classes[number];
}

void ConfusionCounts::add(const Outcome& outcome) {
  ++rows;
  ++at(outcome.label).labelled;
  if (!(outcome.prediction >= 0)) return;
  Class& predicted = at(outcome.prediction);
  ++predicted.predicted;
  if (outcome.prediction == outcome.label) ++predicted.hits;
}

double ConfusionCounts::accuracy() const {
  if (rows == 0) return kNaN;
  std::uint64_t hits = 0;
  for (const Class& one : classes) hits += one.hits;
  return static_cast<double>(hits) / static_cast<double>(rows);
}

double ratio_or_zero(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double ClassMetric::value() const {
  if (counts_.rows == 0) return kNaN;
  if (binary_) return counts_.classes.size() > 1 ? of(counts_.classes[1]) : 0;
  double sum = 0;
  double seen = 0;
  for (const ConfusionCounts::Class& one : counts_.classes) {
    if (one.labelled + one.predicted == 0) continue;
    sum += of(one);
    ++seen;
  }
  return sum / seen;
}

}  // namespace weir
