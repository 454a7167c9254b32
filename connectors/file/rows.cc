#include "connectors/file/rows.h"


#include <algorithm>
#include <cstring>

namespace weir {
namespace {

constexpr std::size_t kBlock = 1024 * 1024;
constexpr std::size_t kToldBy = 8;  // as many bytes tell an encoding or another format
constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

}  // namespace

Rows::Rows(const std::string& path) : input_(open_byte_stream(path)), buffer_(kBlock) {
  while (!input_ended_ && end_ < kToldBy) fill();
  if (std::string_view(buffer_.data(), end_).substr(0, kUtf8Mark.size()) == kUtf8Mark)
    at_ = scanned_ = kUtf8Mark.size();
}

std::optional<std::string_view> Rows::next(bool keep) {
  while (true) {
    const std::size_t row_end = find_row_end();
    if (row_end < end_) return take(row_end, row_end + 1);
    if (input_ended_) {
      if (at_ == end_) return std::nullopt;
      return take(end_, end_);
    }
    if (keep) return std::nullopt;
    fill();
  }
}

void Rows::put_back(std::string_view row) {
  at_ = scanned_ = static_cast<std::size_t>(row.data() - buffer_.data());
  state_ = Quotes::cell_begins;
}

/// The next line break that ends a row, or end_.
std::size_t Rows::find_row_end() {
  while (scanned_ < end_) {
    const char* const from = buffer_.data() + scanned_;
    const void* const found = std::memchr(from, '\n', end_ - scanned_);
    const std::size_t line_end =
        found == nullptr
            ? end_
            : static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
    if (!quotes_) return scanned_ = line_end;
    const std::size_t row_end = walk_quotes(scanned_, line_end);
    scanned_ = row_end;
    if (row_end == end_ || state_ != Quotes::inside) return row_end;
    ++scanned_;  // this line break is inside quotes
  }
  return end_;
}

/// Follows the quotes up to a line break; returns `to`.
std::size_t Rows::walk_quotes(std::size_t from, std::size_t to) {
  if (from == to) return to;
  const bool any = std::memchr(buffer_.data() + from, form_.quote, to - from) != nullptr;
  if (!any && state_ == Quotes::inside) return to;
  if (!any) {
    state_ = buffer_[to - 1] == form_.separator ? Quotes::cell_begins : Quotes::outside;
    return to;
  }
  for (std::size_t i = from; i < to; ++i) {
    const char c = buffer_[i];
    if (state_ == Quotes::inside) {
      if (c == form_.quote) state_ = Quotes::closed;
    } else if (c == form_.quote && state_ != Quotes::outside) {
      state_ = Quotes::inside;
    } else {
      state_ = c == form_.separator ? Quotes::cell_begins : Quotes::outside;
    }
  }
  return to;
}

std::string_view Rows::take(std::size_t end, std::size_t next) {
  std::string_view row(buffer_.data() + at_, std::min(end - at_, kMaxRowBytes));
  if (!row.empty() && row.back() == '\r' && row.size() == end - at_) row.remove_suffix(1);
  at_ = scanned_ = next;
  state_ = Quotes::cell_begins;
  return row;
}

/// Reads a block behind the bytes not taken yet; of a row that is too long it keeps the beginning.
void Rows::fill() {
  const std::size_t left = std::min(end_ - at_, kMaxRowBytes + 1);
  std::memmove(buffer_.data(), buffer_.data() + at_, left);
  scanned_ = std::min(scanned_ - at_, left);
  at_ = 0;
  end_ = left;
  if (buffer_.size() < left + kBlock) buffer_.resize(std::max(buffer_.size() * 2, left + kBlock));
  const std::size_t got = input_->read(buffer_.data() + end_, buffer_.size() - end_);
  end_ += got;
  input_ended_ = got == 0;
}

}  // namespace weir
