#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/core/log/log_failure.h"
#include "pipeline/core/log/signal.h"
#include "pipeline/core/record.h"

namespace weir {

/// The first offset of a partition, and one past its last record (the high watermark: records of
/// open transactions included).
struct OffsetRange {
  std::int64_t first = 0;
  std::int64_t end = 0;
};

/// Where reading a partition begins.
struct PartitionOffset {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

/// Reads the committed records of some partitions of one topic (or file) in order. Used by one
/// thread; a destructor ends it. Throws LogFailure (`lost`: an offset is out of range).
class RecordReader {
 public:
  virtual ~RecordReader() = default;

  struct Fetched {
    std::size_t count = 0;
    bool end = false;  // nothing more is in the partition now
    /// Where reading continues: after the last record, and at an end after the gaps that follow it,
    /// so that it reaches OffsetRange::end once everything is read. -1: the reader cannot tell.
    std::int64_t next = -1;
  };

  /// Begins to read (in the background); `signal` is notified when records or an end arrive.
  virtual void start(std::span<const PartitionOffset> positions, Signal& signal) = 0;

  /// Appends up to `max` next records of a partition to `out`, without waiting. They live until the
  /// next fetch of the same partition. count == 0 and end == false: try again later.
  virtual Fetched fetch(std::int32_t partition, std::size_t max, std::vector<Record>& out) = 0;

  /// One past the last record known in the partition, for lag; -1 while unknown.
  virtual std::int64_t end_offset(std::int32_t partition) = 0;

  /// The header line of what is read: CSV files begin with one, topics with none.
  virtual std::optional<std::string_view> head() const { return std::nullopt; }
};

}  // namespace weir
