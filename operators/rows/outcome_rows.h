#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/core/batch.h"
#include "pipeline/core/step.h"

namespace weir {

/// Rows of an output that come one at a time, in numbers not known before: gathered, then moved
/// into the step's arena. Fields are set in any order; those that nobody reads are skipped.
/// Cost: a store per value, a copy per column. Memory: kept from step to step.
class OutcomeRows {
 public:
  OutcomeRows() = default;
  OutcomeRows(const Schema& schema, std::vector<bool> needed);

  bool needed(std::size_t field) const { return needed_[field]; }
  bool any_needed() const { return any_needed_; }

  void begin() { positions_.clear(); }
  /// Begins a row; every field of it is missing until it is set.
  void row(std::uint32_t position);
  void number(std::size_t field, double value) {
    if (needed_[field]) columns_[field].numbers.back() = value;
  }
  /// `text` must live as long as the step.
  void text(std::size_t field, std::string_view value) {
    if (needed_[field]) columns_[field].texts.back() = value;
  }
  void finish(Step& step, Batch& batch);

 private:
  struct Cells {
    std::vector<double> numbers;
    std::vector<std::string_view> texts;
  };

  std::vector<bool> needed_;
  bool any_needed_ = false;
  std::vector<std::size_t> number_fields_, text_fields_;  // needed ones
  std::vector<Cells> columns_;
  std::vector<std::uint32_t> positions_;
};

}  // namespace weir
