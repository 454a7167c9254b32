#include "operators/labels/waiting_segment.h"

#include <cstring>
#include <utility>

namespace weir {
namespace {

bool has_values(WaitingPhase phase) {
  return phase == WaitingPhase::waiting || phase == WaitingPhase::kept;
}

// Assigning an empty container would keep the memory.
template <class Container>
void give_back(Container& container) {
  Container().swap(container);
}

}  // namespace

void WaitingSegment::append(std::uint64_t hash, std::int64_t due, const WaitingRow& row) {
  hashes_.push_back(hash);
  due_.push_back(due);
  phases_.push_back(static_cast<std::uint8_t>(WaitingPhase::waiting));
  open_.append(row);
  ++with_values_;
  ++remembered_;
  ++rows_;
  if (rows_ == capacity_) close();
}

void WaitingSegment::close() {
  closed_ = true;
  const std::size_t size = rows_ * sizeof(std::uint64_t);
  std::string ids(2 * size, '\0');
  std::memcpy(ids.data(), hashes_.data(), size);
  std::memcpy(ids.data() + size, due_.data(), size);
  ids_ = SealedBytes(std::move(ids));
  values_ = SealedBytes(open_.seal());
  give_back(hashes_);
  give_back(due_);
  open_.free();
  let_go();
}

void WaitingSegment::set_phase(std::size_t row, WaitingPhase next) {
  const WaitingPhase before = phase(row);
  phases_[row] = static_cast<std::uint8_t>(next);
  if (has_values(before) && !has_values(next)) --with_values_;
  if (next == WaitingPhase::gone) --remembered_;
  if (closed()) let_go();
}

void WaitingSegment::let_go() {
  if (with_values_ == 0 && !values_.empty()) values_ = {};
  if (remembered_ > 0 || ids_.empty()) return;
  ids_ = {};
  give_back(phases_);
}

void WaitingSegment::read(std::size_t row, WaitingRow& to) const {
  if (closed())
    values().read(row, to);
  else
    open_.read(row, to);
}

std::size_t WaitingSegment::bytes() const {
  std::size_t sum = phases_.capacity() + (hashes_.capacity() + due_.capacity()) * 8 + open_.bytes();
  for (const SealedBytes* part : {&ids_, &values_})
    if (!part->on_disk()) sum += part->bytes().size();
  return sum;
}

void WaitingSegment::state(StateVisitor& visit) {
  std::uint64_t rows = rows_;
  std::uint8_t ended = closed_ ? 1 : 0;
  visit(rows, ended, phases_);
  if (rows > capacity_) throw StateError("waiting rows: a segment has too many rows");
  if (ended > 1 || (ended == 1 && rows == 0) || (ended == 0 && rows == capacity_))
    throw StateError("waiting rows: a segment is neither open nor closed");
  rows_ = rows;
  closed_ = ended == 1;
  if (closed())
    visit(ids_, values_);
  else
    visit(hashes_, due_, open_);
  if (visit.loading()) check_loaded();
}

void WaitingSegment::sealed(SealedSink& sink) {
  sink.settle(ids_);
  sink.settle(values_);
}

/// What is loaded must fit: from then on rows are read without looking.
void WaitingSegment::check_loaded() {
  with_values_ = remembered_ = 0;
  for (const std::uint8_t one : phases_) {
    const auto phase = static_cast<WaitingPhase>(one);
    if (phase > WaitingPhase::joined_late) throw StateError("waiting rows: an unknown phase");
    with_values_ += has_values(phase);
    remembered_ += phase != WaitingPhase::gone;
  }
  bool fits = phases_.size() == rows_;
  if (closed()) {
    fits = fits || phases_.empty();
    fits = fits && ids_.bytes().size() == (remembered_ > 0 ? 2 * rows_ * 8 : 0);
    fits = fits && (with_values_ > 0 ? values().fit() : values_.empty());
  } else {
    fits = fits && hashes_.size() == rows_ && due_.size() == rows_ && open_.fit(rows_);
  }
  if (!fits) throw StateError("waiting rows: the columns of a segment differ in length");
}

}  // namespace weir
