#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "models/model.h"
#include "operators/model/model_plan.h"
#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"

namespace weir {

/// The features of a step's rows: their columns, and a row at a time as a model takes it. Cost: a
/// copy per feature and row.
class FeatureColumns {
 public:
  explicit FeatureColumns(const ModelPlan& plan)
      : number_fields_(plan.numbers),
        text_fields_(plan.texts),
        row_numbers_(plan.numbers.size()),
        row_texts_(plan.texts.size()) {}

  /// Begins a step; `rows` and the arena must live as long as it.
  void begin(const Batch& rows, Arena& arena);

  /// Numbers and texts apart, each in the order of the features; none of a step without rows.
  std::span<const double* const> numbers() const { return numbers_; }
  std::span<const std::string_view* const> texts() const { return texts_; }

  /// One row's features; valid until the next call.
  Features row(std::size_t row);

 private:
  std::vector<std::size_t> number_fields_, text_fields_;
  // Of the step:
  std::span<const double*> numbers_;
  std::span<const std::string_view*> texts_;
  // Scratch:
  std::vector<double> row_numbers_;
  std::vector<std::string_view> row_texts_;
};

}  // namespace weir
