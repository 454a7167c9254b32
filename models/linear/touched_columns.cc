#include "models/linear/touched_columns.h"

#include <algorithm>
#include <cmath>

namespace weir {

void TouchedColumns::append(std::span<const std::uint32_t> indicators, std::size_t columns) {
  if (touched_.size() + indicators.size() >= columns) return all();
  touched_.insert(touched_.end(), indicators.begin(), indicators.end());
}

bool TouchedColumns::finite(const std::vector<double>& weights) const {
  if (all_) return std::ranges::all_of(weights, [](double w) { return std::isfinite(w); });
  return std::ranges::all_of(touched_, [&](std::uint32_t i) {
    return i >= weights.size() || std::isfinite(weights[i]);
  });
}

void TouchedColumns::copy(const std::vector<double>& weights, std::vector<double>& copy) const {
  if (all_) {
    copy = weights;
    return;
  }
  copy.resize(weights.size());  // columns that are new and were not touched are 0 in both
  for (const std::uint32_t i : touched_)
    if (i < weights.size()) copy[i] = weights[i];
}

}  // namespace weir
