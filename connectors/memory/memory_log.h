#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/memory/memory_group.h"
#include "connectors/memory/memory_partition.h"
#include "pipeline/core/log/log.h"

namespace weir {

/// The log in the memory of the process, for `weir demo`, tests and simulation: epochs are atomic,
/// a new writer fences the older one, a transaction takes one extra offset in every partition it
/// touches (as Kafka's control records do), retention is by `delete_records`, leases end by
/// `expire`. Nothing is compacted, whatever a topic's settings say.
///
/// Must outlive its readers, writers and members. Nothing is kept on disk.
class MemoryLog final : public Log {
 public:
  /// What a hook does to a commit.
  enum class Fault : std::uint8_t {
    none,
    request_lost,  // not applied (its records leave a gap, as aborted ones do); answer: unknown
    answer_lost,   // applied; answer: unknown
    /// A torn epoch, as a delayed end of another transaction leaves it (KAFKA-17754): the first
    /// half of its records is visible, the rest a gap; answer: done.
    partial,
    partial_rest  // the same, the second half being visible
  };

  /// A call of the port. `after`: it has taken place and is about to return.
  struct Call {
    enum class Kind : std::uint8_t {
      partitions,
      create_topic,
      settings,
      offsets,
      offset_at,
      delete_records,
      reader,
      start,
      fetch,
      writer,
      commit,
      flush,  // within a commit: what goes plainly is there, the transaction is not
      join,
      poll,
      leave  // the end of a member
    };
    Kind kind;
    std::string_view name;  // the topic; the identity of a writer; the group of a member
    bool after = false;
  };

  /// Called before and after every call of the port, by its thread, without a lock. May throw (a
  /// LogFailure, or a simulated crash). What it returns counts before a commit, and before `leave`:
  /// throwing there, or any fault, means that the group never hears of it (the process was killed).
  using Hook = std::function<Fault(const Call&)>;

  struct Options {
    std::size_t max_record_bytes =
        1'000'000;  // key, value and headers; over it commits are refused
    std::function<std::int64_t()> clock = {};  // timestamps of commits, ms; default: the wall clock
    Hook hook = {};
  };

  MemoryLog();
  explicit MemoryLog(Options options);
  ~MemoryLog() override;

  using Log::partitions;
  std::optional<std::int32_t> partitions(const std::string& topic,
                                         std::chrono::milliseconds patience) override;
  void create_topic(const std::string& topic, std::int32_t partitions,
                    const std::map<std::string, std::string>& settings = {}) override;
  TopicSettings settings(const std::string& topic) override;
  using Log::offsets;
  OffsetRange offsets(const std::string& topic, std::int32_t partition,
                      std::chrono::milliseconds patience) override;
  std::int64_t offset_at(const std::string& topic, std::int32_t partition,
                         std::int64_t time_ms) override;
  void delete_records(const std::string& topic, std::int32_t partition,
                      std::int64_t before) override;
  std::unique_ptr<RecordReader> reader(const std::string& topic) override;
  using Log::writer;
  std::unique_ptr<LogWriter> writer(const std::string& identity, std::vector<std::string> topics,
                                    Delivery delivery) override;
  std::unique_ptr<Membership> join(const std::string& group, const std::string& topic,
                                   const std::string& instance, Signal& signal) override;

  /// Appends one record without a transaction, as a plain producer does; returns its offset.
  std::int64_t append(const std::string& topic, std::int32_t partition,
                      std::optional<std::string_view> key, std::optional<std::string_view> value,
                      std::int64_t timestamp, std::span<const Header> headers = {});
  /// Offsets between the slowest reader of a partition (or its beginning, unread) and its end.
  std::int64_t backlog(const std::string& topic, std::int32_t partition);
  /// Holds a producer back: waits until the backlog is at most `most`. Returns whether it is.
  bool wait_for_backlog(const std::string& topic, std::int32_t partition, std::int64_t most,
                        std::chrono::milliseconds time);
  /// A topic grows to `partitions`.
  void add_partitions(const std::string& topic, std::int32_t partitions);
  void set_settings(const std::string& topic, const TopicSettings& settings);
  /// Ends the lease of a member that no longer polls. Its next poll releases all as lost and joins
  /// again.
  void expire(const Membership& member);
  /// Ends the leases of the members of a group that are gone without having left: killed ones, and
  /// those with an instance.
  void expire_gone(const std::string& group, const std::string& topic);
  /// The input position last committed by any writer.
  std::optional<std::int64_t> committed(const std::string& topic, std::int32_t partition);

 private:
  class Reader;
  class Writer;
  class Member;
  struct Subscription;
  struct Partition;
  struct Topic;

  Fault call(Call::Kind kind, std::string_view name, bool after = false) const;
  Topic& topic_of(const std::string& topic);
  Partition& partition_of(const std::string& topic, std::int32_t partition);
  std::int64_t backlog_of(const Partition& partition) const;

  Options options_;
  std::mutex mutex_;  // over all below, and what readers share with writers
  std::condition_variable fetched_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, std::uint64_t> owners_;  // by identity: the generation of its last writer
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> committed_;
  std::map<std::pair<std::string, std::string>, MemoryGroup> groups_;  // by group and topic
};

}  // namespace weir
