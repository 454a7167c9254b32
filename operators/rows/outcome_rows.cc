#include "operators/rows/outcome_rows.h"

#include <algorithm>
#include <span>

namespace weir {
namespace {

template <class T>
const T* copy_to_arena(const std::vector<T>& values, Arena& arena) {
  const std::span<T> to = arena.make<T>(values.size());
  std::copy(values.begin(), values.end(), to.begin());
  return to.data();
}

}  // namespace

OutcomeRows::OutcomeRows(const Schema& schema, std::vector<bool> needed)
    : needed_(std::move(needed)), columns_(schema.size()) {
  needed_.resize(schema.size());
  for (std::size_t field = 0; field < schema.size(); ++field) {
    if (!needed_[field]) continue;
    any_needed_ = true;
    const bool is_text = schema.fields[field].type == Type::text;
    (is_text ? text_fields_ : number_fields_).push_back(field);
  }
}

void OutcomeRows::row(std::uint32_t position) {
  positions_.push_back(position);
  for (std::size_t field : number_fields_) columns_[field].numbers.push_back(kMissing);
  for (std::size_t field : text_fields_) columns_[field].texts.emplace_back();
}

void OutcomeRows::finish(Step& step, Batch& batch) {
  Arena& arena = step.arena;
  const std::span<Column> columns = arena.make<Column>(columns_.size());
  std::fill(columns.begin(), columns.end(), Column{});
  for (std::size_t field : number_fields_) {
    columns[field] = copy_to_arena(columns_[field].numbers, arena);
    columns_[field].numbers.clear();
  }
  for (std::size_t field : text_fields_) {
    columns[field] = copy_to_arena(columns_[field].texts, arena);
    columns_[field].texts.clear();
  }
  batch.rows = static_cast<std::uint32_t>(positions_.size());
  batch.positions = copy_to_arena(positions_, arena);
  batch.columns = columns.data();
}

}  // namespace weir
