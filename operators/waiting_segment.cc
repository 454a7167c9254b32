#include "operators/waiting_segment.h"

namespace weir {
namespace {

// Assigning an empty container would keep the memory.
template <class Container>
void give_back(Container& container) {
  Container().swap(container);
}

}  // namespace

void TextColumn::free() {
  give_back(ends_);
  give_back(bytes_);
}

void ListColumn::free() {
  give_back(ends_);
  give_back(values_);
}

WaitingSegment::WaitingSegment(const WaitingLayout& layout)
    : numbers(layout.numbers), texts(layout.texts), list(layout.list ? 1 : 0) {}

void WaitingSegment::append(std::uint64_t hash, std::int64_t due_at, const WaitingRow& row) {
  hashes.push_back(hash);
  due.push_back(due_at);
  phases.push_back(static_cast<std::uint8_t>(WaitingPhase::waiting));
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i].push_back(row.numbers[i]);
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i].append(row.texts[i]);
  if (!list.empty()) list[0].append(row.list);
  ++with_values;
  ++remembered;
  ++rows_;
}

void WaitingSegment::free_values() {
  for (std::vector<double>& column : numbers) give_back(column);
  for (TextColumn& column : texts) column.free();
  for (ListColumn& column : list) column.free();
  values_freed_ = true;
}

void WaitingSegment::free_all() {
  free_values();
  give_back(hashes);
  give_back(due);
  give_back(phases);
}

std::size_t WaitingSegment::bytes() const {
  std::size_t sum = hashes.capacity() * 8 + due.capacity() * 8 + phases.capacity();
  for (const std::vector<double>& column : numbers) sum += column.capacity() * sizeof(double);
  for (const TextColumn& column : texts) sum += column.bytes();
  for (const ListColumn& column : list) sum += column.bytes();
  return sum;
}

void WaitingSegment::state(StateVisitor& visit) {
  visit(rows_, values_freed_, with_values, remembered, hashes, due, phases);
  // The number of columns is the layout's, not the state's.
  for (std::vector<double>& column : numbers) visit(column);
  for (TextColumn& column : texts) visit(column);
  for (ListColumn& column : list) visit(column);
  if (!visit.loading()) return;
  const bool freed = values_freed_ && remembered == 0 && hashes.empty();
  if (freed) return;
  bool fits = hashes.size() == rows_ && due.size() == rows_ && phases.size() == rows_;
  for (const std::vector<double>& column : numbers)
    fits = fits && (values_freed_ || column.size() == rows_);
  for (const TextColumn& column : texts) fits = fits && (values_freed_ || column.holds(rows_));
  for (const ListColumn& column : list) fits = fits && (values_freed_ || column.holds(rows_));
  if (!fits) throw StateError("waiting rows: the columns of a segment differ in length");
}

}  // namespace weir
