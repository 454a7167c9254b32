#include "operators/model/learning_weight.h"

#include <span>

namespace weir {

void LearningWeight::begin(const Batch& rows, Arena& arena) {
  may_learn_ = weights_ = nullptr;
  if (rows.rows == 0) return;
  const std::span<const Column> columns(rows.columns, rows.schema->size());
  if (learn_when_)
    may_learn_ = learn_when_->evaluate(columns, rows.rows, arena, invalid_).numbers();
  if (weight_) weights_ = weight_->evaluate(columns, rows.rows, arena, invalid_).numbers();
}

double LearningWeight::of(std::size_t row, const Served& served) const {
  if (served.fallback || (may_learn_ && may_learn_[row] != 1)) return 0;
  const double weight = weights_ ? weights_[row] : 1;
  return weight > 0 ? weight : 0;  // missing: not above 0
}

void LearningWeight::report(Reporter& report) const {
  if (learn_when_ || weight_)
    report(metric::expression_invalid_total, static_cast<double>(invalid_));
}

}  // namespace weir
