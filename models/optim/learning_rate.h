#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "pipeline/core/exact_math.h"
#include "pipeline/core/options.h"

namespace weir {

/// The step size of gradient descent after t updates: `initial`; with `power` inverse scaling,
/// initial / (t + 1)^power; with `decay` inverse time, initial / (1 + decay t).
///
/// Source: the first two as river.optim.schedulers.{Constant, InverseScaling} (0.26).
struct LearningRate {
  double initial = 0.01;
  std::optional<double> power;
  std::optional<double> decay;

  /// Names the block `learning_rate`, which may be written as a number alone.
  void describe(OptionVisitor& option);

  double at(std::uint64_t updates) const {
    const double t = static_cast<double>(updates);
    if (decay) return initial / (1 + *decay * t);
    if (!power) return initial;
    return initial / (*power == 0.5 ? std::sqrt(t + 1) : exact::pow(t + 1, *power));
  }
};

}  // namespace weir
