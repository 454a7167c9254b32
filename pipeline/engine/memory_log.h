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

#include "pipeline/core/log.h"
#include "pipeline/engine/memory_partition.h"

namespace weir {

/// The log in the memory of the process, for `weir demo`, tests and simulation: epochs are atomic,
/// a new writer fences the older one, a transaction takes one offset more in every partition it
/// touches (as Kafka's control records do), retention is by `delete_records`.
///
/// Must outlive its readers and writers. Nothing is kept on disk.
class MemoryLog final : public Log {
 public:
  /// What a hook makes of a commit that it is asked about.
  enum class Fault : std::uint8_t {
    none,
    request_lost,  // not applied (its records leave a gap, as aborted ones do); answer: unknown
    answer_lost    // applied; answer: unknown
  };

  /// A call of the port. `after`: it has taken place and is about to return.
  struct Call {
    enum class Kind : std::uint8_t {
      partitions,
      create_topic,
      offsets,
      offset_at,
      reader,
      start,
      fetch,
      writer,
      commit
    };
    Kind kind;
    std::string_view name;  // the topic; the identity of `writer` and `commit`
    bool after = false;
  };

  /// Called before and after every call of the port, by its thread, without a lock. May throw (a
  /// LogFailure, or a simulated crash). What it returns counts before a commit only.
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

  std::optional<std::int32_t> partitions(const std::string& topic) override;
  void create_topic(const std::string& topic, std::int32_t partitions,
                    const std::map<std::string, std::string>& settings = {}) override;
  OffsetRange offsets(const std::string& topic, std::int32_t partition) override;
  std::int64_t offset_at(const std::string& topic, std::int32_t partition,
                         std::int64_t time_ms) override;
  std::unique_ptr<RecordReader> reader(const std::string& topic) override;
  std::unique_ptr<LogWriter> writer(const std::string& identity,
                                    std::vector<std::string> topics) override;

  /// Appends one record without a transaction, as a plain producer does; returns its offset.
  std::int64_t append(const std::string& topic, std::int32_t partition,
                      std::optional<std::string_view> key, std::optional<std::string_view> value,
                      std::int64_t timestamp, std::span<const Header> headers = {});
  /// Offsets between the slowest reader of a partition (or its beginning, unread) and its end.
  std::int64_t backlog(const std::string& topic, std::int32_t partition);
  /// Holds a producer back: waits until the backlog is at most `most`. Returns whether it is.
  bool wait_for_backlog(const std::string& topic, std::int32_t partition, std::int64_t most,
                        std::chrono::milliseconds time);
  /// Retention: forgets the records below an offset.
  void delete_records(const std::string& topic, std::int32_t partition, std::int64_t before);
  /// The input position last committed by any writer.
  std::optional<std::int64_t> committed(const std::string& topic, std::int32_t partition);

 private:
  class Reader;
  class Writer;
  struct Subscription;
  struct Partition;
  using Topic = std::vector<Partition>;

  Fault call(Call::Kind kind, std::string_view name, bool after = false) const;
  Topic& topic_of(const std::string& topic);
  Partition& partition_of(const std::string& topic, std::int32_t partition);
  std::int64_t backlog_of(const Partition& partition) const;
  void refuse_impossible(const Outbox& records, const std::vector<std::string>& topics);
  void apply(const Outbox& records, const std::vector<std::string>& topics, bool visible);

  Options options_;
  std::mutex mutex_;  // over all below, and what readers share with writers
  std::condition_variable fetched_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, std::uint64_t> owners_;  // by identity: the generation of its last writer
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> committed_;
};

}  // namespace weir
