#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/log/log_failure.h"
#include "pipeline/core/log/log_writer.h"
#include "pipeline/core/log/membership.h"
#include "pipeline/core/log/outbox.h"
#include "pipeline/core/log/record_reader.h"
#include "pipeline/core/log/signal.h"

namespace weir {

/// Settings that decide whether a topic's records can be read again, and how large one may be.
struct TopicSettings {
  bool deletes = true;                // old records are deleted by age or size, or all are kept
  bool compacted = false;             // only the last record of each key is kept (cleanup.policy)
  std::int64_t retention_ms = -1;     // -1: unlimited
  std::int64_t retention_bytes = -1;  // of one partition; -1: without a limit
  std::int64_t min_compaction_lag_ms = 0;     // a younger record is not compacted away
  std::int64_t max_record_bytes = 1'048'588;  // max.message.bytes: of a batch, as sent
};

/// The log as a port: Kafka (connectors/kafka) or in the process (connectors/memory). Both pass one
/// contract suite (tests/connectors/log_contract). Thread-safe. Calls answer within a time-out or
/// throw LogFailure (`unreachable`).
class Log {
 public:
  virtual ~Log() = default;

  /// The number of partitions of a topic, or nothing when it does not exist. `patience`: how long
  /// the answer may take, no longer than any other.
  virtual std::optional<std::int32_t> partitions(const std::string& topic,
                                                 std::chrono::milliseconds patience) = 0;
  std::optional<std::int32_t> partitions(const std::string& topic) {
    return partitions(topic, std::chrono::milliseconds::max());
  }
  /// Creates a topic; it exists when this returns. That it already exists is not an error.
  virtual void create_topic(const std::string& topic, std::int32_t partitions,
                            const std::map<std::string, std::string>& settings) = 0;
  /// Throws LogFailure (`refused`) if there is no such topic, or no right to query it.
  virtual TopicSettings settings(const std::string& topic) = 0;
  virtual OffsetRange offsets(const std::string& topic, std::int32_t partition,
                              std::chrono::milliseconds patience) = 0;
  OffsetRange offsets(const std::string& topic, std::int32_t partition) {
    return offsets(topic, partition, std::chrono::milliseconds::max());
  }
  /// The first offset whose timestamp is at least `time_ms`, or the end.
  virtual std::int64_t offset_at(const std::string& topic, std::int32_t partition,
                                 std::int64_t time_ms) = 0;
  /// Deletes the records below an offset. That they are already deleted is not an error; an offset
  /// past the end is (`refused`).
  virtual void delete_records(const std::string& topic, std::int32_t partition,
                              std::int64_t before) = 0;
  virtual std::unique_ptr<RecordReader> reader(const std::string& topic) = 0;
  /// `topics`: those that the records of its outboxes name by index.
  virtual std::unique_ptr<LogWriter> writer(const std::string& identity,
                                            std::vector<std::string> topics, Delivery delivery) = 0;
  std::unique_ptr<LogWriter> writer(const std::string& identity, std::vector<std::string> topics) {
    return writer(identity, std::move(topics), Delivery::exactly_once);
  }
  /// Begins to join a group that shares out the partitions of a topic; `poll` continues.
  /// `instance`: a name, unique in the group, under which a member that comes back within its
  /// session gets its partitions back without a change for the others; empty: none. `signal` is
  /// notified when `poll` has something to do; it outlives the membership.
  virtual std::unique_ptr<Membership> join(const std::string& group, const std::string& topic,
                                           const std::string& instance, Signal& signal) = 0;
};

/// The partition of a key among `partitions`, as Kafka's Java client chooses it (murmur2).
std::int32_t partition_of_key(std::string_view key, std::int32_t partitions);

}  // namespace weir
