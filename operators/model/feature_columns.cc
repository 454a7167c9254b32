#include "operators/model/feature_columns.h"

namespace weir {

void FeatureColumns::begin(const Batch& rows, Arena& arena) {
  numbers_ = {};
  texts_ = {};
  if (rows.rows == 0) return;
  numbers_ = arena.make<const double*>(number_fields_.size());
  texts_ = arena.make<const std::string_view*>(text_fields_.size());
  for (std::size_t i = 0; i < number_fields_.size(); ++i)
    numbers_[i] = rows.columns[number_fields_[i]].numbers();
  for (std::size_t i = 0; i < text_fields_.size(); ++i)
    texts_[i] = rows.columns[text_fields_[i]].texts();
}

Features FeatureColumns::row(std::size_t row) {
  for (std::size_t i = 0; i < row_numbers_.size(); ++i) row_numbers_[i] = numbers_[i][row];
  for (std::size_t i = 0; i < row_texts_.size(); ++i) row_texts_[i] = texts_[i][row];
  return {row_numbers_, row_texts_};
}

}  // namespace weir
