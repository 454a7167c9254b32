#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/epochs/epoch_record.h"

namespace weir {

/// Reads a shard's partition of the epochs topic from an offset to its end: the high watermark
/// at construction (so construct it after fencing: no older owner can add to it). Checks
/// that each record's chained hash follows from the one before and that no epoch is missing.
/// Memory: some hundred records at a time.
class EpochReader {
 public:
  EpochReader(Log& log, const std::string& pipeline, std::uint32_t shard, std::int64_t from,
              const Wait& wait = {});
  ~EpochReader();

  /// The next record, or nothing at the end. Throws LogFailure, or std::runtime_error when the
  /// records are not a chain.
  std::optional<EpochRecord> next();
  /// From now on `next` returns nothing whenever no further record has come, without waiting.
  void follow();
  /// One past the last offset there was when reading began.
  std::int64_t end() const { return range_.end; }
  /// The offset of the record that `next` returned last.
  std::int64_t offset() const { return offset_; }
  /// Its timestamp in the log, ms.
  std::int64_t timestamp() const { return timestamp_; }

 private:
  bool fetch();

  void start();

  Log& log_;
  std::string topic_;
  std::int32_t partition_;
  std::int64_t from_;
  Wait wait_;
  OffsetRange range_;
  Signal signal_;
  std::unique_ptr<RecordReader> reader_;
  std::vector<Record> records_;
  std::size_t next_ = 0;
  std::int64_t offset_ = -1;
  std::int64_t timestamp_ = 0;
  bool follow_ = false;
  std::optional<std::uint64_t> chain_, epoch_;
};

/// All records from an offset on, at most `most`.
std::vector<EpochRecord> read_epochs(Log& log, const std::string& pipeline, std::uint32_t shard,
                                     std::int64_t from,
                                     std::size_t most = std::numeric_limits<std::size_t>::max(),
                                     const Wait& wait = {});

/// The newest record, if there is one.
std::optional<EpochRecord> last_epoch(Log& log, const std::string& pipeline, std::uint32_t shard,
                                      const Wait& wait = {});

}  // namespace weir
