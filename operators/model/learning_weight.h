#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "operators/model/model_plan.h"
#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"
#include "pipeline/core/expression/expression.h"
#include "pipeline/core/metrics.h"
#include "pipeline/core/state.h"

namespace weir {

/// With which weight a row is learned: by `learn_when:`, `weight:` and how it was served.
class LearningWeight {
 public:
  explicit LearningWeight(const ModelPlan& plan)
      : learn_when_(plan.learn_when), weight_(plan.weight) {}

  /// Begins a step: computes both expressions for all of its rows.
  void begin(const Batch& rows, Arena& arena);

  /// The weight of a row; 0: no part learns it.
  double of(std::size_t row, const Served& served) const;

  void report(Reporter& report) const;
  void state(StateVisitor& visit) { visit(invalid_); }

 private:
  std::optional<Expression> learn_when_, weight_;
  std::uint64_t invalid_ = 0;  // operations of both without a result
  // Of the step; null: none.
  const double* may_learn_ = nullptr;
  const double* weights_ = nullptr;
};

}  // namespace weir
