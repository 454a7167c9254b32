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
/// NaN = missing, never infinite; texts as views, missing = null data(). Which of both it is, the
/// schema's type says. Null: no reader needs the column.
class Column {
 public:
  Column() = default;
  Column(const double* numbers) : data_(numbers) {}
  Column(const std::string_view* texts) : data_(texts) {}

  explicit operator bool() const { return data_ != nullptr; }
  const double* numbers() const { return static_cast<const double*>(data_); }
  const std::string_view* texts() const { return static_cast<const std::string_view*>(data_); }
  bool operator==(const Column&) const = default;

 private:
  friend class MutableColumn;
  explicit Column(const void* data) : data_(data) {}

  const void* data_ = nullptr;
};

/// The same, while it is being filled.
class MutableColumn {
 public:
  MutableColumn() = default;
  MutableColumn(double* numbers) : data_(numbers) {}
  MutableColumn(std::string_view* texts) : data_(texts) {}

  explicit operator bool() const { return data_ != nullptr; }
  double* numbers() const { return static_cast<double*>(data_); }
  std::string_view* texts() const { return static_cast<std::string_view*>(data_); }
  /// As its readers see it.
  Column filled() const { return Column(static_cast<const void*>(data_)); }

 private:
  void* data_ = nullptr;
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

  double number(std::size_t field, std::size_t row) const { return columns[field].numbers()[row]; }
  std::string_view text(std::size_t field, std::size_t row) const {
    return columns[field].texts()[row];
  }
};

}  // namespace weir
