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

/// A column of texts, appended only: the bytes one after another and where each ends.
class TextColumn {
 public:
  void append(std::string_view text) {
    bytes_.append(text.data() ? text : std::string_view(""));
    ends_.push_back(bytes_.size() | (text.data() ? 0 : kMissingBit));
  }
  std::string_view operator[](std::size_t row) const {
    if (ends_[row] & kMissingBit) return {};
    const std::uint64_t begin = row == 0 ? 0 : ends_[row - 1] & ~kMissingBit;
    return {bytes_.data() + begin, ends_[row] - begin};
  }
  bool holds(std::size_t rows) const {
    return ends_.size() == rows && (rows == 0 || (ends_.back() & ~kMissingBit) <= bytes_.size());
  }
  void free();
  std::size_t bytes() const { return bytes_.capacity() + ends_.capacity() * sizeof(ends_[0]); }
  void state(StateVisitor& visit) { visit(ends_, bytes_); }

 private:
  static constexpr std::uint64_t kMissingBit = std::uint64_t{1} << 63;
  std::vector<std::uint64_t> ends_;
  std::string bytes_;
};

/// A column of lists of numbers, appended only.
class ListColumn {
 public:
  void append(std::span<const double> list) {
    values_.insert(values_.end(), list.begin(), list.end());
    ends_.push_back(values_.size());
  }
  std::span<const double> operator[](std::size_t row) const {
    const std::uint64_t begin = row == 0 ? 0 : ends_[row - 1];
    return std::span(values_).subspan(begin, ends_[row] - begin);
  }
  bool holds(std::size_t rows) const {
    return ends_.size() == rows && (rows == 0 || ends_.back() <= values_.size());
  }
  void free();
  std::size_t bytes() const {
    return values_.capacity() * sizeof(double) + ends_.capacity() * sizeof(ends_[0]);
  }
  void state(StateVisitor& visit) { visit(ends_, values_); }

 private:
  std::vector<std::uint64_t> ends_;
  std::vector<double> values_;
};

/// What a row of a WaitingStore consists of: so many numbers, texts, and perhaps one list.
struct WaitingLayout {
  std::size_t numbers = 0;
  std::size_t texts = 0;
  bool list = false;
};

/// A row, on its way in or out.
struct WaitingRow {
  std::vector<double> numbers;
  std::vector<std::string_view> texts;
  std::vector<double> list;
};

/// Where a row stands. After `waiting` it never waits again.
enum class WaitingPhase : std::uint8_t {
  waiting,  // all of it is there
  kept,     // its time is over, all of it is still there
  joined,   // used: only the hash of its id is remembered
  expired,  // its time is over: only the hash of its id is remembered
  gone
};

/// Up to 65,536 rows by column. Values are never changed; once no row needs them they are freed,
/// and once no row is remembered the hashes go too.
struct WaitingSegment {
  static constexpr std::size_t kRows = 65'536;

  explicit WaitingSegment(const WaitingLayout& layout = {});

  void append(std::uint64_t hash, std::int64_t due, const WaitingRow& row);
  std::size_t rows() const { return rows_; }
  bool full() const { return rows_ == kRows; }
  bool values_freed() const { return values_freed_; }
  void free_values();
  void free_all();
  std::size_t bytes() const;
  void state(StateVisitor& visit);

  std::vector<std::uint64_t> hashes;
  std::vector<std::int64_t> due;
  std::vector<std::uint8_t> phases;  // WaitingPhase
  std::vector<std::vector<double>> numbers;
  std::vector<TextColumn> texts;
  std::vector<ListColumn> list;   // one or none
  std::uint32_t with_values = 0;  // rows that wait or are kept
  std::uint32_t remembered = 0;   // rows not gone

 private:
  std::uint32_t rows_ = 0;
  bool values_freed_ = false;
};

}  // namespace weir
