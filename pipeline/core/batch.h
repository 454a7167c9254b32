#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "pipeline/core/schema.h"

namespace weir {

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

inline bool is_missing(double value) { return std::isnan(value); }
inline bool is_missing(std::string_view text) { return text.data() == nullptr; }

/// One column of a batch: numbers, booleans (0 and 1) and times (ms since 1970 UTC) as double,
/// NaN = missing, never infinite; texts as views, missing = null data(). Which one holds is the
/// schema's type. Both null: no reader needs the column.
union Column {
  const double* numbers = nullptr;
  const std::string_view* texts;
};

/// The same, while it is being filled.
union MutableColumn {
  double* numbers = nullptr;
  std::string_view* texts;
};

/// Rows of one stream by column. It owns nothing: all of it lies in the step's arena (or in what
/// the step's input keeps alive) and is gone with the step.
struct Batch {
  const Schema* schema = nullptr;
  std::uint32_t rows = 0;
  /// Position of each row in its step, never decreasing.
  const std::uint32_t* positions = nullptr;
  /// One per field of the schema.
  const Column* columns = nullptr;

  double number(std::size_t field, std::size_t row) const { return columns[field].numbers[row]; }
  std::string_view text(std::size_t field, std::size_t row) const {
    return columns[field].texts[row];
  }
};

}  // namespace weir
