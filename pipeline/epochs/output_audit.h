#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/epochs/epoch_log.h"

namespace weir {

/// Finds the outputs of a replay in their topics: an epoch may be in the log while some of its
/// outputs are not (a torn transaction). Each partition is read once, forward; an epoch's outputs
/// are searched by key and value after those of the previous epoch. What other shards, other
/// writers and a repeated delivery put between them is skipped.
///
/// Cost: reading the topics once. Memory: 16 bytes for each record between the outputs of two
/// epochs. Limits: if a topic was given more partitions, outputs seem to be missing; a missing
/// output goes unnoticed if an equal record of another shard takes its place.
class OutputAudit {
 public:
  struct Figures {
    std::uint64_t found = 0;
    /// Not found, and not expected: the records of their time were deleted, the topic is compacted
    /// or no longer exists.
    std::uint64_t unknown = 0;
  };

  explicit OutputAudit(Log& log, Wait wait = {});
  ~OutputAudit();

  /// Looks for the outputs of one epoch; `topics` are those of the outbox's entries, `committed_ms`
  /// is the timestamp of the epoch's record. Returns what is missing, for a person, or nothing.
  /// Throws LogFailure.
  std::string find(const Outbox& outputs, std::span<const std::string> topics,
                   std::int64_t committed_ms);

  const Figures& figures() const { return figures_; }

 private:
  struct Seen {
    std::uint64_t hash;
    std::int64_t timestamp;
  };
  struct Place {  // one partition
    std::string topic;
    std::int32_t partition = 0;
    std::unique_ptr<RecordReader> reader;  // none: the topic is no more
    std::deque<Seen> seen;                 // behind the last output found
    bool compacted = false;
    bool cut = false;  // older records were deleted, and none of ours was found yet
  };
  using Wanted = std::map<std::uint64_t, std::size_t>;  // hashes of outputs, how often

  Place& place_of(const std::string& topic, std::int32_t partition, std::int64_t committed_ms);
  void open(Place& place, std::int64_t from_ms);
  std::size_t match(Place& place, Wanted& wanted, std::size_t count, std::int64_t until_ms);
  bool read_on(Place& place);

  Log& log_;
  Wait wait_;
  Signal signal_;
  std::map<std::pair<std::string, std::int32_t>, Place> places_;
  std::vector<Record> records_;
  Figures figures_;
};

}  // namespace weir
