#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/core/log/log.h"
#include "pipeline/graph/graph.h"
#include "pipeline/runner/world.h"

namespace weir {

/// Where the records of a source come from, with the answers of its kind. A topic of a log grows,
/// forgets, has partitions, and offsets are committed to it. A source with a reader of its own (a
/// file) is one partition that keeps its records for ever and ends where the reader says. The
/// source and the log must outlive it.
class SourceInput {
 public:
  /// The log is that of `config`: the same source as the file has it, since its properties hold the
  /// secrets that no epoch records.
  SourceInput(const SourceNode& source, const SourceConfig& config, const World& world);

  /// Whether more may come after an end that a reader found, and the first records may go.
  bool grows() const { return log_ != nullptr; }
  /// What figures and dead letters call it: the topic, else the source.
  const std::string& name() const { return name_; }
  std::unique_ptr<RecordReader> reader() const;

  /// Nothing: the topic does not exist. Throws LogFailure, as all questions do: no answer came
  /// within `patience`, or within the log's own time if that is shorter.
  std::optional<std::int32_t> partitions(
      std::chrono::milliseconds patience = std::chrono::milliseconds::max()) const;
  /// What a partition of one that grows holds.
  OffsetRange range(std::int32_t partition,
                    std::chrono::milliseconds patience = std::chrono::milliseconds::max()) const;
  /// The first record to read of a partition, as the source's `start` says.
  std::int64_t start(std::int32_t partition, std::int64_t now_ms) const;
  /// What to commit when a partition is read up to `position`; nothing where no offsets are kept.
  std::optional<CommittedOffset> to_commit(std::int32_t partition, std::int64_t position) const;

 private:
  const SourceConfig& source_;
  Log* log_;  // null: a reader of its own
  std::string name_;
};

}  // namespace weir
