#include "operators/labels/waiting_columns.h"

namespace weir {
namespace {

/// Puts columns into a block and their places into its first words.
class BlockWriter {
 public:
  explicit BlockWriter(std::size_t words) : block_(words * sizeof(std::uint64_t), '\0') {}

  void reserve(std::size_t bytes) { block_.reserve(block_.size() + bytes); }
  template <class T>
  void column(std::span<const T> values) {
    word(block_.size());
    block_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    block_.append((8 - block_.size() % 8) % 8, '\0');
  }
  void word(std::uint64_t value) {
    block_.replace(next_, sizeof value, reinterpret_cast<const char*>(&value), sizeof value);
    next_ += sizeof value;
  }
  std::string take() { return std::move(block_); }

 private:
  std::string block_;
  std::size_t next_ = 0;
};

std::size_t words_of(const WaitingLayout& layout) {
  return layout.numbers.size() + 3 * (layout.texts.size() + (layout.list ? 1 : 0));
}

}  // namespace

void WaitingLayout::state(StateVisitor& visit) {
  std::uint8_t has_list = list ? 1 : 0;
  visit(numbers, texts, has_list);
  if (has_list > 1) throw StateError("waiting rows: a layout is none");
  list = has_list == 1;
}

bool TextColumn::fit(std::span<const std::uint64_t> ends, std::size_t bytes) {
  std::uint64_t last = 0;
  for (const std::uint64_t end : ends) {
    if ((end & ~kMissingBit) < last) return false;
    last = end & ~kMissingBit;
  }
  return last <= bytes;
}

bool ListColumn::fit(std::span<const std::uint64_t> ends, std::size_t values) {
  std::uint64_t last = 0;
  for (const std::uint64_t end : ends) {
    if (end < last) return false;
    last = end;
  }
  return last <= values;
}

WaitingColumns::WaitingColumns(const WaitingLayout& layout)
    : layout_(&layout), numbers_(layout.numbers.size()), texts_(layout.texts.size()) {}

void WaitingColumns::append(const WaitingRow& row) {
  for (std::size_t i = 0; i < numbers_.size(); ++i) numbers_[i].push_back(one_nan(row.numbers[i]));
  for (std::size_t i = 0; i < texts_.size(); ++i) texts_[i].append(row.texts[i]);
  if (layout_->list) list_.append(row.list);
}

void WaitingColumns::read(std::size_t row, WaitingRow& to) const {
  to.numbers.resize(numbers_.size());
  to.texts.resize(texts_.size());
  to.list.clear();
  for (std::size_t i = 0; i < numbers_.size(); ++i) to.numbers[i] = numbers_[i][row];
  for (std::size_t i = 0; i < texts_.size(); ++i) to.texts[i] = texts_[i][row];
  if (!layout_->list) return;
  const std::span<const double> list = list_[row];
  to.list.assign(list.begin(), list.end());
}

bool WaitingColumns::fit(std::size_t rows) const {
  for (const std::vector<double>& column : numbers_)
    if (column.size() != rows) return false;
  for (const TextColumn& column : texts_)
    if (column.ends().size() != rows || !TextColumn::fit(column.ends(), column.text().size()))
      return false;
  return list_.ends().size() == (layout_->list ? rows : 0) &&
         ListColumn::fit(list_.ends(), list_.values().size());
}

std::string WaitingColumns::seal() const {
  BlockWriter block(words_of(*layout_));
  block.reserve(size());
  for (const std::vector<double>& column : numbers_) block.column(std::span(column));
  for (const TextColumn& column : texts_) {
    block.column(column.ends());
    block.column(std::span(column.text()));
    block.word(column.text().size());
  }
  if (layout_->list) {
    block.column(list_.ends());
    block.column(list_.values());
    block.word(list_.values().size());
  }
  return block.take();
}

void WaitingColumns::free() {
  *this = WaitingColumns(*layout_);  // vectors moved to give their memory back; a string would not
}

/// At most so many bytes has a block of them, beside the words at its beginning.
std::size_t WaitingColumns::size() const {
  std::size_t sum = 0;
  const auto column = [&](std::size_t bytes) { sum += (bytes + 7) / 8 * 8; };
  for (const std::vector<double>& numbers : numbers_) column(numbers.size() * sizeof(double));
  for (const TextColumn& texts : texts_) {
    column(texts.ends().size_bytes());
    column(texts.text().size());
  }
  column(list_.ends().size_bytes());
  column(list_.values().size_bytes());
  return sum;
}

std::size_t WaitingColumns::bytes() const {
  std::size_t sum = list_.bytes();
  for (const std::vector<double>& column : numbers_) sum += column.capacity() * sizeof(double);
  for (const TextColumn& column : texts_) sum += column.bytes();
  return sum;
}

void WaitingColumns::state(StateVisitor& visit) {
  // The number of columns is the layout's, not the state's.
  for (std::vector<double>& column : numbers_) visit(column);
  for (TextColumn& column : texts_) visit(column);
  if (layout_->list) visit(list_);
}

void SealedColumns::read(std::size_t row, WaitingRow& to) const {
  to.numbers.resize(layout_.numbers.size());
  to.texts.resize(layout_.texts.size());
  to.list.clear();
  for (std::size_t i = 0; i < layout_.numbers.size(); ++i) to.numbers[i] = number(i, row);
  for (std::size_t i = 0; i < layout_.texts.size(); ++i) to.texts[i] = text(i, row);
  if (!layout_.list) return;
  const std::span<const double> values = list(row);
  to.list.assign(values.begin(), values.end());
}

bool SealedColumns::holds(std::uint64_t offset, std::uint64_t count, std::size_t size) const {
  return offset % 8 == 0 && offset <= block_.size() && count <= (block_.size() - offset) / size;
}

bool SealedColumns::fit() const {
  if (block_.size() < words_of(layout_) * sizeof(std::uint64_t)) return false;
  for (std::size_t i = 0; i < layout_.numbers.size(); ++i)
    if (!holds(word(i), rows_, sizeof(double))) return false;
  for (std::size_t i = 0; i < layout_.texts.size() + (layout_.list ? 1 : 0); ++i) {
    const std::size_t first = layout_.numbers.size() + 3 * i;
    const bool text = i < layout_.texts.size();
    const std::uint64_t count = word(first + 2);
    if (!holds(word(first), rows_, sizeof(std::uint64_t)) ||
        !holds(word(first + 1), count, text ? 1 : sizeof(double)))
      return false;
    const std::span<const std::uint64_t> ends(at<std::uint64_t>(word(first)), rows_);
    if (!(text ? TextColumn::fit(ends, count) : ListColumn::fit(ends, count))) return false;
  }
  return true;
}

}  // namespace weir
