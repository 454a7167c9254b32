#include "pipeline/core/metrics.h"

#include <algorithm>
#include <limits>

#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr MetricName kMetrics[] = {
#define WEIR_METRIC(id, kind, labels, help) metric::id,
#include "pipeline/core/metrics.def"
#undef WEIR_METRIC
};

}  // namespace

std::span<const MetricName> metric_names() { return kMetrics; }

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {
  check(std::is_sorted(bounds_.begin(), bounds_.end()), "the bounds ascend");
}

Histogram Histogram::seconds() {
  return Histogram(
      {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60});
}

void Histogram::observe(double value, std::uint64_t times) {
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<std::size_t>(at)] += times;
  sum_ += value * static_cast<double>(times);
  count_ += times;
}

void Histogram::add(const Histogram& other) {
  check(bounds_ == other.bounds_, "the bounds are the same");
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  sum_ += other.sum_;
  count_ += other.count_;
}

Histogram Histogram::since(const Histogram& earlier) const {
  check(bounds_ == earlier.bounds_, "the bounds are the same");
  Histogram rest = *this;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] < earlier.counts_[i]) return *this;
    rest.counts_[i] -= earlier.counts_[i];
  }
  rest.sum_ -= earlier.sum_;
  rest.count_ -= earlier.count_;
  return rest;
}

double Histogram::quantile(double q) const {
  if (count_ == 0) return std::numeric_limits<double>::quiet_NaN();
  const double rank = q * static_cast<double>(count_);
  double seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const double here = static_cast<double>(counts_[i]);
    if (seen + here >= rank && here > 0) {
      if (i == bounds_.size()) return bounds_.back();
      const double low = i == 0 ? 0 : bounds_[i - 1];
      return low + (bounds_[i] - low) * (rank - seen) / here;
    }
    seen += here;
  }
  return bounds_.back();
}

}  // namespace weir
