#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/labels/waiting_columns.h"
#include "pipeline/core/sealed_bytes.h"
#include "pipeline/core/state.h"

namespace weir {

/// Where a row stands. After `waiting` it never waits again.
enum class WaitingPhase : std::uint8_t {
  waiting,  // all of it is there
  kept,     // its time is over, all of it is still there
  joined,   // used: only the hash of its id is remembered
  expired,  // its time is over: only the hash of its id is remembered
  gone,
  joined_late  // used after its time was over
};

/// Some rows by column, in two blocks of bytes: ids (hashes and due times) and values. The block of
/// an open segment grows; with its last row a segment is closed and sealed (earlier, if the rows to
/// come are laid out differently): the blocks never change again, are stored once and may lie in a
/// file. Once no row needs its values they are let go, once no row is
/// remembered the ids too. Only the phases change: a byte a row.
class WaitingSegment {
 public:
  WaitingSegment(const WaitingLayout& layout, std::size_t capacity)
      : capacity_(capacity), open_(layout) {}

  void append(std::uint64_t hash, std::int64_t due, const WaitingRow& row);
  /// No row comes any more. Not without a row.
  void close();
  std::size_t rows() const { return rows_; }
  bool closed() const { return closed_; }
  const WaitingLayout& layout() const { return open_.layout(); }

  std::uint64_t hash(std::size_t row) const { return closed() ? sealed_ids()[row] : hashes_[row]; }
  std::int64_t due(std::size_t row) const {
    return closed() ? static_cast<std::int64_t>(sealed_ids()[rows_ + row]) : due_[row];
  }
  WaitingPhase phase(std::size_t row) const {
    return remembered_ == 0 ? WaitingPhase::gone : static_cast<WaitingPhase>(phases_[row]);
  }
  void set_phase(std::size_t row, WaitingPhase next);

  double number(std::size_t column, std::size_t row) const {
    return closed() ? values().number(column, row) : open_.number(column, row);
  }
  std::string_view text(std::size_t column, std::size_t row) const {
    return closed() ? values().text(column, row) : open_.text(column, row);
  }
  void read(std::size_t row, WaitingRow& to) const;

  std::size_t with_values() const { return with_values_; }  // rows that wait or are kept
  std::size_t remembered() const { return remembered_; }    // rows not gone

  /// Bytes held in memory: without what lies in a file.
  std::size_t bytes() const;
  void state(StateVisitor& visit);
  void sealed(SealedSink& sink);

 private:
  const std::uint64_t* sealed_ids() const {
    return reinterpret_cast<const std::uint64_t*>(ids_.bytes().data());
  }
  SealedColumns values() const { return {open_.layout(), rows_, values_.bytes()}; }
  void let_go();
  void check_loaded();

  std::size_t capacity_;
  std::size_t rows_ = 0;
  bool closed_ = false;
  std::size_t with_values_ = 0;
  std::size_t remembered_ = 0;
  std::vector<std::uint8_t> phases_;  // WaitingPhase
  // While open:
  std::vector<std::uint64_t> hashes_;
  std::vector<std::int64_t> due_;
  WaitingColumns open_;
  // Once closed:
  SealedBytes ids_;     // hashes, then due times
  SealedBytes values_;  // SealedColumns
};

}  // namespace weir
