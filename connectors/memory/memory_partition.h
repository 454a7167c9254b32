#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/core/log/log.h"

namespace weir {

/// A piece of a partition. Its bytes never move, so a reader that holds it may keep views into it.
struct MemoryChunk {
  static constexpr std::uint32_t kNoHeaders = UINT32_MAX;

  struct Slot {
    std::int64_t offset;
    std::int64_t timestamp;
    std::uint32_t at, key_size, value_size;  // the key's bytes, then the value's
    std::uint32_t headers;                   // index, or kNoHeaders
    bool has_key, has_value;
  };

  explicit MemoryChunk(std::size_t size) : bytes(new char[size]), capacity(size) {}

  Record record(const Slot& slot) const;

  std::unique_ptr<char[]> bytes;
  std::size_t capacity;
  std::size_t used = 0;
  std::int64_t newest = INT64_MIN;  // the highest timestamp in it
  std::vector<Slot> slots;
  std::deque<std::vector<Header>> headers;
};

/// The records of one partition in the memory of the process, in chunks that double up to 1 MiB.
/// Offsets may have gaps. Cost: 40 bytes a record beside its own; no allocation per record without
/// headers. Not thread-safe.
class MemoryPartition {
 public:
  using Chunks = std::vector<std::shared_ptr<const MemoryChunk>>;

  /// Appends a record at the end; returns its offset.
  std::int64_t append(std::optional<std::string_view> key, std::optional<std::string_view> value,
                      std::int64_t timestamp, std::span<const Header> headers);
  /// Leaves offsets without records: control records, and records of aborted transactions.
  void skip(std::int64_t offsets) { range_.end += offsets; }
  /// Forgets the records below an offset; memory is freed by whole chunks.
  void trim(std::int64_t before);

  OffsetRange range() const { return range_; }
  std::int64_t offset_at(std::int64_t time_ms) const;

  /// Appends up to `max` records from offset `from` on, and the chunks they live in, which the
  /// caller holds as long as the records. Returns the offset where reading continues.
  std::int64_t read(std::int64_t from, std::size_t max, std::vector<Record>& out,
                    Chunks& held) const;

 private:
  MemoryChunk& chunk_for(std::size_t size);

  OffsetRange range_;
  std::deque<std::shared_ptr<MemoryChunk>> chunks_;
};

}  // namespace weir
