#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"
#include "pipeline/core/record.h"
#include "pipeline/graph/graph.h"
#include "pipeline/shard/field_rules.h"
#include "pipeline/shard/source_key.h"

namespace weir {

/// What one source gives to a step: decodes its records into columns, one row after another. A
/// record and what is wrong with it is decided here; what becomes of it is the shard's.
class Intake {
 public:
  struct Counts {
    std::uint64_t rows = 0, bad = 0, late = 0;
    std::uint64_t behind = 0;  // event time decades before the record's own timestamp
  };
  /// `most` rows a step. `check_ahead`: an event time far beyond the record's own timestamp is
  /// wrong. The source and the format must outlive it.
  Intake(const SourceNode& source, FormatSpec& format, std::size_t most, bool check_ahead);

  /// The header line of a file; returns what is wrong with it, or empty.
  std::string head(std::string_view line) { return decoder_->head(line); }

  /// Makes the columns of the step, unless they are made. Cost: of the first record of a step.
  void open(Arena& arena) {
    if (!open_) make_columns(arena);
  }
  /// Decodes a record into the next row. Returns its event time; of a bad record nothing, and `bad`
  /// says why. What it hands out of the arena lives as long as the step.
  std::optional<std::int64_t> decode(const Record& record, Arena& arena, BadRecord& bad);
  /// The hash of the key of the row that was decoded last; nothing if it has none.
  std::optional<std::uint64_t> key_of(const Record& record) const {
    return key_.of(record, columns_, rows_);
  }
  /// The row that was decoded last is at `position` of the step.
  void keep(std::uint32_t position, bool late);
  void lose() { ++counts_.bad; }

  /// The rows of the step. The batch borrows from here until `close`.
  void give(Batch& batch);
  /// The step is over.
  void close() { open_ = false; }

  const Counts& counts() const { return counts_; }
  void carry(const Counts& counts) { counts_ = counts; }

 private:
  void make_columns(Arena& arena);
  bool ahead(const Record& record, std::int64_t event_time) const;

  const SourceNode& source_;
  const std::size_t most_;
  const bool check_ahead_;
  const SourceKey key_;
  const FieldRules rules_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<MutableColumn> columns_;
  std::vector<Column> read_;
  std::span<std::uint32_t> positions_;
  std::uint32_t rows_ = 0;
  bool open_ = false;  // columns are made
  Counts counts_;
};

}  // namespace weir
