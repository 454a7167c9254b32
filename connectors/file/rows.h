#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/file/byte_stream.h"
#include "pipeline/core/record.h"

namespace weir {

/// A row longer than this is cut there: it is `too_large` for every decoder anyway, and so the
/// memory of a reader stays bounded.
inline constexpr std::size_t kMaxRowBytes = 16 * 1024 * 1024;

/// Cuts an input into rows: LF or CRLF, the last one needs none; with `split_quotes` a line break
/// inside a cell in quotes (RFC 4180) does not end a row. A UTF-8 mark at the beginning is skipped.
/// Cost: some 10 ns a row. Memory: blocks of 1 MiB, or the longest row.
class Rows {
 public:
  explicit Rows(const std::string& path);

  /// A line break inside a cell in quotes does not end a row.
  void split_quotes(const RowForm& form) {
    quotes_ = form.quote != '\0';
    form_ = form;
  }
  /// The first bytes, as many as are in memory; empty when the input is.
  std::string_view first_bytes() const { return {buffer_.data() + at_, end_ - at_}; }

  /// The next row, without its line end. `keep`: rows returned before must stay where they are, so
  /// nothing is read: returns nothing when the next row is not whole in memory. Else returns
  /// nothing only at the end.
  std::optional<std::string_view> next(bool keep);
  /// Makes `row`, the one returned last, the next one again.
  void put_back(std::string_view row);
  bool at_end() const { return input_ended_ && at_ == end_; }

 private:
  enum class Quotes : unsigned char { cell_begins, outside, inside, closed };

  std::size_t find_row_end();
  std::size_t walk_quotes(std::size_t from, std::size_t to);
  std::string_view take(std::size_t end, std::size_t next);
  void fill();

  std::unique_ptr<ByteStream> input_;
  bool quotes_ = false;
  RowForm form_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;       // first byte not taken
  std::size_t scanned_ = 0;  // no row ends before
  std::size_t end_ = 0;
  Quotes state_ = Quotes::cell_begins;
  bool input_ended_ = false;
};

}  // namespace weir
