#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "operators/labels/label_join.h"
#include "operators/model/model_plan.h"
#include "operators/model/outcome_writer.h"
#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"

namespace weir {

/// How a row as it was served is kept while it waits for its label: its id, its features, the other
/// fields that readers of `outcomes` use, and what the model said of it. The columns have the names
/// and types of the fields, so that a row kept by another layout gives what it has.
class ServedRowLayout {
 public:
  /// `needed`: by field of the output `outcomes`.
  ServedRowLayout(const ModelPlan& plan, const std::vector<bool>& needed);

  /// The columns of a WaitingStore of such rows.
  const WaitingLayout& columns() const { return columns_; }

  /// What is kept beside the row's own fields.
  struct Kept {
    std::int64_t time = 0;  // event time, ms
    double weight = 0;      // with which it is learned
    Served served;
  };
  /// `scores`: as served, with Task::classes. Texts in `to` are the batch's.
  void pack(const Batch& rows, std::size_t row, const Kept& kept, std::span<const double> scores,
            WaitingRow& to) const;

  Kept kept(const WaitingRow& row) const;
  /// Valid as long as `row`.
  Features features(const WaitingRow& row) const;
  /// Sets the row's own fields in the outcome begun last.
  void pass_on(const WaitingRow& row, OutcomeWriter& outcomes, Arena& arena) const;

 private:
  // Fields of port 0, in the order of the row's numbers and of its texts: the id, the features, the
  // others. After the numbers comes what the model said.
  std::vector<std::size_t> numbers_, texts_;
  std::size_t first_number_ = 0, first_text_ = 0;  // of the features
  std::size_t number_features_, text_features_;    // how many
  WaitingLayout columns_;
};

}  // namespace weir
