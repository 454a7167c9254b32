#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/arena.h"
#include "pipeline/core/log/log.h"
#include "pipeline/core/record.h"
#include "pipeline/graph/graph.h"
#include "pipeline/shard/believed_time.h"
#include "pipeline/shard/source_key.h"

namespace weir {

/// The next record of one of several files that are merged by event time, and when its turn is.
///
/// That is at its event time, unless this lies far beyond what has been read. Then the rows after
/// it decide, as they will decide whether the clock believes it: if those that bear it out follow,
/// or nothing else, its turn is at the least of their times; else at once, since it holds up rows
/// that are right.
class MergeHead {
 public:
  /// `lane`: of the source in the shard; `header`: the first line of a CSV file. They must outlive
  /// it.
  MergeHead(std::size_t lane, const SourceNode& source, FormatSpec& format, RecordReader& reader,
            Signal& signal, const std::optional<std::string>& header);

  bool ended() const { return ended_; }
  const Record& record() const { return buffer_[next_]; }
  /// kNoTime: at once. Of a bad record: that of the one before it.
  std::int64_t time() const { return time_; }

  /// Finds the first record. Throws LogFailure.
  void start(const BelievedTime& believed) { aim(believed, kNoTime); }
  /// The next one; the merged files have come to `merged`. Throws LogFailure.
  void advance(const BelievedTime& believed, std::int64_t merged) {
    ++next_;
    aim(believed, merged);
  }

 private:
  struct Seen {
    std::int64_t time = kNoTime;  // of a bad record
    bool has_key = false, keyed = false;
    std::uint64_t key = 0;  // once it was asked for: `keyed`
  };
  /// Reads some fields of a source, a record at a time.
  struct Cells {
    std::unique_ptr<Decoder> decoder;
    std::vector<MutableColumn> columns;
    std::vector<double> numbers;
    std::vector<std::string_view> texts;
    Arena arena;
    bool read(const Record& record);
  };

  void aim(const BelievedTime& believed, std::int64_t merged);
  std::int64_t turn(const BelievedTime& believed, std::int64_t reference);
  bool there(std::size_t ahead);
  bool fetch();
  void keep_rest();
  Seen& see(std::size_t index);
  std::optional<std::uint64_t> key_at(std::size_t index);
  template <class Wanted>
  static Cells cells(const SourceNode& source, FormatSpec& format,
                     const std::optional<std::string>& header, Wanted wanted);

  const std::size_t lane_;
  const std::optional<std::size_t> time_field_;
  RecordReader& reader_;
  Signal& signal_;
  const SourceKey key_;
  // Apart: a row whose key cannot be read comes at its time, too.
  Cells time_cells_;
  Cells key_cells_;
  std::vector<Record> buffer_;
  std::vector<Seen> seen_;  // of the first records of the buffer
  std::size_t next_ = 0;
  bool at_end_ = false;  // of the file; the buffer may hold more
  bool ended_ = false;
  std::int64_t time_ = kNoTime;
  Arena kept_, kept_before_;  // bytes of records that outlive the reader's
};

}  // namespace weir
