#include "connectors/file/file_reader.h"

#include <algorithm>
#include <utility>

#include "connectors/file/beginning.h"
#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kSkippedAtOnce = 4096;

bool take_end(std::string_view& text, std::string_view end) {
  if (text.size() < end.size() || text.substr(text.size() - end.size()) != end) return false;
  text.remove_suffix(end.size());
  return true;
}

}  // namespace

std::optional<std::string_view> format_of_path(std::string_view path) {
  for (std::string_view packed : {".gz", ".zst", ".bz2"})
    if (take_end(path, packed)) break;
  if (take_end(path, ".csv")) return "csv";
  for (std::string_view end : {".json", ".jsonl", ".ndjson"})
    if (take_end(path, end)) return "json";
  return std::nullopt;
}

FileReader::FileReader(const std::string& path, std::string_view format, RowForm form)
    : path_(path), rows_(path) {
  if (format.empty()) format = format_of_path(path).value_or("");
  const std::string_view first = rows_.first_bytes();
  csv_ = format.empty() ? !first.empty() && first[0] != '{' : format == "csv";
  if (const std::string wrong = wrong_beginning(first, csv_); !wrong.empty())
    throw LogFailure(LogFailure::Kind::refused, path_ + ": " + wrong);
  has_head_ = csv_ && form.head;
  if (csv_) rows_.split_quotes(form);
  if (!has_head_) return;
  const auto head = rows_.next(false);
  if (!head) throw LogFailure(LogFailure::Kind::refused, path_ + ": has no header line");
  head_ = *head;
}

void FileReader::start(std::span<const PartitionOffset> positions, Signal& signal) {
  check(positions.size() == 1 && positions[0].partition == 0, "a file is one partition");
  const std::int64_t first = positions[0].offset;
  std::vector<Record> skipped;
  while (next_ < first) {
    skipped.clear();
    const auto left = static_cast<std::size_t>(first - next_);
    if (fetch(0, std::min(left, kSkippedAtOnce), skipped).count == 0)
      throw LogFailure(LogFailure::Kind::lost, path_ + ": has " + std::to_string(next_) +
                                                   " rows, row " + std::to_string(first) +
                                                   " was asked for");
  }
  signal.notify();
}

RecordReader::Fetched FileReader::fetch(std::int32_t, std::size_t max, std::vector<Record>& out) {
  std::size_t count = 0;
  for (; count < max; ++count) {
    const auto row = next_row(count > 0);
    if (!row) break;
    Record record;
    record.offset = next_;
    record.timestamp = next_++;
    record.value = *row;
    out.push_back(record);
  }
  return {count, rows_.at_end() && empty_due_ == 0, next_};
}

/// The next row that counts: empty ones only when another row follows.
std::optional<std::string_view> FileReader::next_row(bool keep) {
  while (empty_due_ == 0) {
    const auto row = rows_.next(keep);
    if (!row) return std::nullopt;
    if (!row->empty()) {
      if (empty_passed_ == 0) return row;
      rows_.put_back(*row);
      empty_due_ = std::exchange(empty_passed_, 0);
    } else {
      ++empty_passed_;
    }
  }
  --empty_due_;
  return std::string_view("");
}

std::int64_t FileReader::end_offset(std::int32_t) {
  return rows_.at_end() && empty_due_ == 0 ? next_ : -1;
}

}  // namespace weir
