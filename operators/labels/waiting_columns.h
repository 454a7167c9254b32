#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/state.h"

namespace weir {

/// What a row of a WaitingStore consists of: numbers and texts by name, and perhaps one list.
struct WaitingLayout {
  std::vector<std::string> numbers;
  std::vector<std::string> texts;
  bool list = false;

  bool operator==(const WaitingLayout&) const = default;
  void state(StateVisitor& visit);
};

/// A row, on its way in or out.
struct WaitingRow {
  std::vector<double> numbers;
  std::vector<std::string_view> texts;
  std::vector<double> list;
};

/// A column of texts, appended only: the bytes one after another and where each ends.
class TextColumn {
 public:
  void append(std::string_view text) {
    bytes_.append(text.data() ? text : std::string_view(""));
    ends_.push_back(bytes_.size() | (text.data() ? 0 : kMissingBit));
  }
  /// Of such a column, wherever it is.
  static std::string_view at(const std::uint64_t* ends, const char* bytes, std::size_t row) {
    if (ends[row] & kMissingBit) return {};
    const std::uint64_t begin = row == 0 ? 0 : ends[row - 1] & ~kMissingBit;
    return {bytes + begin, ends[row] - begin};
  }
  static bool fit(std::span<const std::uint64_t> ends, std::size_t bytes);

  std::string_view operator[](std::size_t row) const {
    return at(ends_.data(), bytes_.data(), row);
  }
  std::span<const std::uint64_t> ends() const { return ends_; }
  std::string_view text() const { return bytes_; }
  std::size_t bytes() const { return bytes_.capacity() + ends_.capacity() * sizeof(ends_[0]); }
  void state(StateVisitor& visit) { visit(ends_, bytes_); }

 private:
  static constexpr std::uint64_t kMissingBit = std::uint64_t{1} << 63;
  std::vector<std::uint64_t> ends_;
  std::string bytes_;
};

/// What is sealed is hashed as it lies: NaN is one pattern there too.
inline double one_nan(double value) {
  return value == value ? value : std::numeric_limits<double>::quiet_NaN();
}

/// A column of lists of numbers, appended only.
class ListColumn {
 public:
  void append(std::span<const double> list) {
    for (const double value : list) values_.push_back(one_nan(value));
    ends_.push_back(values_.size());
  }
  static std::span<const double> at(const std::uint64_t* ends, const double* values,
                                    std::size_t row) {
    const std::uint64_t begin = row == 0 ? 0 : ends[row - 1];
    return {values + begin, values + ends[row]};
  }
  static bool fit(std::span<const std::uint64_t> ends, std::size_t values);

  std::span<const double> operator[](std::size_t row) const {
    return at(ends_.data(), values_.data(), row);
  }
  std::span<const std::uint64_t> ends() const { return ends_; }
  std::span<const double> values() const { return values_; }
  std::size_t bytes() const {
    return values_.capacity() * sizeof(double) + ends_.capacity() * sizeof(ends_[0]);
  }
  void state(StateVisitor& visit) { visit(ends_, values_); }

 private:
  std::vector<std::uint64_t> ends_;
  std::vector<double> values_;
};

/// The values of rows by column, appended only. The layout must outlive them.
class WaitingColumns {
 public:
  explicit WaitingColumns(const WaitingLayout& layout);

  const WaitingLayout& layout() const { return *layout_; }
  void append(const WaitingRow& row);
  double number(std::size_t column, std::size_t row) const { return numbers_[column][row]; }
  std::string_view text(std::size_t column, std::size_t row) const { return texts_[column][row]; }
  void read(std::size_t row, WaitingRow& to) const;
  bool fit(std::size_t rows) const;

  /// One block of bytes for SealedColumns.
  std::string seal() const;
  void free();
  std::size_t bytes() const;
  void state(StateVisitor& visit);

 private:
  std::size_t size() const;

  const WaitingLayout* layout_;
  std::vector<std::vector<double>> numbers_;
  std::vector<TextColumn> texts_;
  ListColumn list_;
};

/// Columns in a block of bytes, read where they lie. The block: 64-bit words, of which the first
/// say where each column begins (numbers: the values; texts and the list: ends, contents, their
/// count), then the columns, each at a multiple of 8.
class SealedColumns {
 public:
  SealedColumns(const WaitingLayout& layout, std::size_t rows, std::string_view block)
      : layout_(layout), rows_(rows), block_(block) {}

  double number(std::size_t column, std::size_t row) const { return at<double>(word(column))[row]; }
  std::string_view text(std::size_t column, std::size_t row) const {
    const std::size_t first = layout_.numbers.size() + 3 * column;
    return TextColumn::at(at<std::uint64_t>(word(first)), at<char>(word(first + 1)), row);
  }
  std::span<const double> list(std::size_t row) const {
    const std::size_t first = layout_.numbers.size() + 3 * layout_.texts.size();
    return ListColumn::at(at<std::uint64_t>(word(first)), at<double>(word(first + 1)), row);
  }
  void read(std::size_t row, WaitingRow& to) const;

  /// Whether the block is one of this layout and so many rows: nothing in it points outside.
  bool fit() const;

 private:
  template <class T>
  const T* at(std::uint64_t offset) const {
    return reinterpret_cast<const T*>(block_.data() + offset);
  }
  std::uint64_t word(std::size_t i) const { return at<std::uint64_t>(0)[i]; }
  bool holds(std::uint64_t offset, std::uint64_t count, std::size_t size) const;

  const WaitingLayout& layout_;
  std::size_t rows_;
  std::string_view block_;
};

}  // namespace weir
