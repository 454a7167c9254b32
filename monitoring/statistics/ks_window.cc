#include "monitoring/statistics/ks_window.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace weir {

KsWindow::Range KsWindow::Range::of(std::int64_t change) {
  return {change, std::max<std::int64_t>(change, 0), std::min<std::int64_t>(change, 0)};
}

KsWindow::Range KsWindow::Range::then(const Range& next) const {
  return {sum + next.sum, std::max(high, sum + next.high), std::min(low, sum + next.low)};
}

KsWindow::KsWindow(std::span<const double> sorted_reference, std::size_t window,
                   bool tested_often) {
  const std::size_t g = std::gcd(sorted_reference.size(), window);
  const auto step_of_reference = static_cast<std::int64_t>(window / g);
  step_of_value_ = static_cast<std::int64_t>(sorted_reference.size() / g);
  changes_.push_back(0);
  for (const double value : sorted_reference) {
    if (distinct_.empty() || distinct_.back() != value) {
      distinct_.push_back(value);
      changes_.insert(changes_.end(), {0, 0});  // the value itself, and what follows it
    }
    changes_[changes_.size() - 2] += step_of_reference;
  }
  empty_ = changes_;
  if (tested_often) tree_.resize(2 * std::bit_ceil(changes_.size()));
  build();
}

void KsWindow::build() {
  if (tree_.empty()) return;
  const std::size_t leaves = tree_.size() / 2;
  for (std::size_t i = 0; i < changes_.size(); ++i) tree_[leaves + i] = Range::of(changes_[i]);
  for (std::size_t node = leaves - 1; node > 0; --node)
    tree_[node] = tree_[2 * node].then(tree_[2 * node + 1]);
}

void KsWindow::clear() {
  changes_ = empty_;
  build();
}

std::size_t KsWindow::class_of(double value) const {
  // Without a branch on the comparison, which no predictor could guess.
  const double* first = distinct_.data();
  std::size_t left = distinct_.size();
  while (left > 1) {
    const std::size_t half = left / 2;
    first += first[half - 1] < value ? half : 0;
    left -= half;
  }
  const auto below = static_cast<std::size_t>(first - distinct_.data()) + (*first < value);
  const bool equal = below < distinct_.size() && distinct_[below] == value;
  return 2 * below + equal;
}

void KsWindow::move(double value, std::int64_t count) {
  const std::size_t at = class_of(value);
  changes_[at] -= count * step_of_value_;
  if (tree_.empty()) return;
  std::size_t node = tree_.size() / 2 + at;
  tree_[node] = Range::of(changes_[at]);
  for (node /= 2; node > 0; node /= 2) tree_[node] = tree_[2 * node].then(tree_[2 * node + 1]);
}

std::int64_t KsWindow::steps() const {
  if (!tree_.empty()) return std::max(tree_[1].high, -tree_[1].low);
  std::int64_t distance = 0;
  std::int64_t farthest = 0;
  for (const std::int64_t change : changes_) {
    distance += change;
    farthest = std::max({farthest, distance, -distance});
  }
  return farthest;
}

}  // namespace weir
