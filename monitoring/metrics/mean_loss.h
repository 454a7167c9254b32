#pragma once

#include <cstdint>
#include <limits>

#include "pipeline/core/state.h"

namespace weir {

/// The mean of a loss over rows; NaN without rows. Cost: O(1) time and memory per row.
class MeanLoss {
 public:
  void add(double loss) {
    ++rows_;
    sum_ += loss;
  }
  double value() const {
    if (rows_ == 0) return std::numeric_limits<double>::quiet_NaN();
    return sum_ / static_cast<double>(rows_);
  }
  void state(StateVisitor& visit) { visit(rows_, sum_); }

 private:
  std::uint64_t rows_ = 0;
  double sum_ = 0;
};

}  // namespace weir
