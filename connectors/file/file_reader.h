#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/file/rows.h"
#include "pipeline/core/log/log.h"
#include "pipeline/core/record.h"

namespace weir {

/// The format that a file's name tells (`.csv`; `.json`, `.jsonl`, `.ndjson`; each with `.gz`,
/// `.zst` or `.bz2`), or nothing.
std::optional<std::string_view> format_of_path(std::string_view path);

/// Reads a file as one partition (0) of records: one a row, offset and timestamp the row's number
/// from 0. Plain or packed (open_byte_stream), `-` is stdin. CSV: the first row is the head,
/// unless its form has none. Empty rows at the end are none.
///
/// It reads in `fetch`, blocks of 1 MiB: see Rows for cost and memory.
/// Errors: LogFailure (`refused`): cannot be read, is a directory, is packed and broken, its first
/// bytes show another encoding or format (wrong_beginning); (`lost`): asked to start past the end.
class FileReader final : public RecordReader {
 public:
  /// `format`: csv or json; empty: by the name, else by the first byte (`{` is json). `form`: of
  /// CSV.
  explicit FileReader(const std::string& path, std::string_view format = {}, RowForm form = {});

  /// csv or json.
  std::string_view format() const { return csv_ ? "csv" : "json"; }
  std::optional<std::string_view> head() const override {
    return has_head_ ? std::optional<std::string_view>(head_) : std::nullopt;
  }

  void start(std::span<const PartitionOffset> positions, Signal& signal) override;
  Fetched fetch(std::int32_t partition, std::size_t max, std::vector<Record>& out) override;
  /// The number of rows, known once the end has been reached.
  std::int64_t end_offset(std::int32_t partition) override;

 private:
  std::optional<std::string_view> next_row(bool keep);

  std::string path_;
  Rows rows_;
  bool csv_ = false;
  bool has_head_ = false;
  std::string head_;
  std::int64_t next_ = 0;         // number of the next row
  std::size_t empty_passed_ = 0;  // empty rows passed that may be the last ones
  std::size_t empty_due_ = 0;     // empty rows that were not: to be given out
};

}  // namespace weir
