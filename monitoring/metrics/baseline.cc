#include "monitoring/metrics/baseline.h"

#include <algorithm>
#include <cstddef>

#include "pipeline/core/check.h"
#include "pipeline/core/exact_math.h"

namespace weir {
namespace {

double log_loss(double probability_of_label) {
  return -exact::log(std::clamp(probability_of_label, 0x1p-52, 1 - 0x1p-52));
}

}  // namespace

double Baseline::predicted_class() const {
  if (rows_ == 0) return -1;
  if (kind_ == Kind::last) return last_;
  return static_cast<double>(std::max_element(counts_.begin(), counts_.end()) - counts_.begin());
}

double Baseline::share(double label) const {
  const std::size_t least = task_ == Task::binary ? 2 : 1;
  const double classes = static_cast<double>(std::max(counts_.size(), least));
  if (rows_ == 0) return 1 / classes;
  if (kind_ == Kind::last) return label == last_ ? 1 : 0;
  const auto number = static_cast<std::size_t>(label);
  const double seen = number < counts_.size() ? static_cast<double>(counts_[number]) : 0;
  return (seen + 1) / (static_cast<double>(rows_) + classes);
}

Outcome Baseline::outcome(double label) const {
  if (task_ == Task::regression) {
    const double value = kind_ == Kind::typical ? mean_ : last_;
    const double error = label - value;
    return {.label = label, .prediction = value, .score = value, .loss = error * error};
  }
  const double probability = share(label);
  const double score = task_ == Task::binary ? share(1) : probability;
  return {.label = label,
          .prediction = predicted_class(),
          .score = score,
          .loss = log_loss(probability)};
}

void Baseline::learn(double label) {
  ++rows_;
  last_ = label;
  if (task_ == Task::regression) {
    mean_ += (label - mean_) / static_cast<double>(rows_);
    return;
  }
  check(label >= 0 && label < 65'536, "a class number is below 65,536");
  const auto number = static_cast<std::size_t>(label);
  if (number >= counts_.size()) counts_.resize(number + 1);
  ++counts_[number];
}

}  // namespace weir
