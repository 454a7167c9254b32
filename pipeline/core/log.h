#pragma once

#include <atomic>
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
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/record.h"

namespace weir {

/// The world is down or has lost something: what a log cannot do, and why.
struct LogFailure : std::runtime_error {
  enum class Kind : std::uint8_t {
    unreachable,  // no answer in time; may come back
    refused,      // access, settings, a topic that does not exist: trying again does not help
    lost,         // an offset asked for is no longer (or not yet) in the log
    fenced        // another owner has taken over
  };
  Kind kind;
  LogFailure(Kind what, const std::string& text) : std::runtime_error(text), kind(what) {}
};

/// Wakes a worker when something has arrived; one may be shared by many readers.
class Signal {
 public:
  void notify();
  /// Waits until notified since the last wait, or the time is over. Returns whether it was.
  bool wait_for(std::chrono::milliseconds time);

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  bool notified_ = false;
};

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
    /// Where reading goes on: past the last record, and at an end past the gaps behind it, so that
    /// it reaches OffsetRange::end once all of that is read. -1: the reader cannot tell.
    std::int64_t next = -1;
  };

  /// Begins to read (in the background); `signal` is notified when records or an end arrive.
  virtual void start(std::span<const PartitionOffset> positions, Signal& signal) = 0;

  /// Appends up to `max` next records of a partition to `out`, without waiting. They live until the
  /// next fetch of the same partition. count == 0 and end == false: ask again later.
  virtual Fetched fetch(std::int32_t partition, std::size_t max, std::vector<Record>& out) = 0;

  /// One past the last record known in the partition, for lag; -1 while unknown.
  virtual std::int64_t end_offset(std::int32_t partition) = 0;

  /// The header line of what is read: CSV files begin with one, topics with none.
  virtual std::optional<std::string_view> head() const { return std::nullopt; }
};

/// The outputs of an epoch: records in order, kept as bytes so that they can be sent again.
class Outbox {
 public:
  struct Entry {
    std::uint32_t topic;  // index into the writer's topics
    std::int32_t partition;
    std::size_t at;  // in the bytes: headers, key, value
    std::uint32_t headers_size, key_size, value_size;
    bool has_key, has_value;
  };

  /// Bytes of the record being added: append key, then value, then call `close`.
  std::string& bytes() { return bytes_; }
  /// Ends the record that began at `at`, its key `key_size` bytes long.
  void close(std::uint32_t topic, std::int32_t partition, std::size_t at, std::size_t key_size,
             bool has_key, bool has_value = true);
  void add(std::uint32_t topic, std::int32_t partition, std::optional<std::string_view> key,
           std::optional<std::string_view> value, std::span<const Header> headers = {});

  std::span<const Entry> entries() const { return entries_; }
  std::string_view key(const Entry& entry) const;
  std::string_view value(const Entry& entry) const;
  std::vector<Header> headers(const Entry& entry) const;
  std::size_t size() const { return bytes_.size(); }
  void clear() {
    bytes_.clear();
    entries_.clear();
  }

 private:
  std::string bytes_;
  std::vector<Entry> entries_;
};

/// An input position to store with a transaction, for tools that show lag.
struct CommittedOffset {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

/// What decides whether a topic's records can be read again, and how large one may be.
struct TopicSettings {
  bool deletes = true;                // old records are deleted by age or size, or all are kept
  bool compacted = false;             // only the last record of each key is kept (cleanup.policy)
  std::int64_t retention_ms = -1;     // -1: for ever
  std::int64_t retention_bytes = -1;  // of one partition; -1: without a limit
  std::int64_t min_compaction_lag_ms = 0;     // a younger record is not compacted away
  std::int64_t max_record_bytes = 1'048'588;  // max.message.bytes: of a batch, as sent
};

/// How the parts of an epoch reach the log.
enum class Delivery : std::uint8_t {
  /// All at once, in a transaction; a new writer fences the older ones of its identity.
  exactly_once,
  /// The outputs first, visible at once; when all of them are in the log, the records of the last
  /// topic (the epochs) with the offsets, in a transaction. A crash in between leaves outputs
  /// without their epoch, which is then made again: outputs twice, an epoch never. Who was fenced
  /// may still put out one epoch's outputs, but not its record.
  at_least_once,
  /// All in the order added, without a transaction and without offsets, from any number of writers:
  /// fences nobody and is never fenced.
  plain
};

enum class Commit : std::uint8_t {
  done,     // the epoch is in the log, whole
  unknown,  // it may be or not: make a new writer (which ends the old transaction), then look
  fenced    // another owner has taken over: drop the shard
};

/// The writing end of one identity. Unless `plain` it fences every older owner of the same identity
/// and ends its open transaction.
class LogWriter {
 public:
  virtual ~LogWriter() = default;

  /// Appends all records, with the offsets: atomically, or as its Delivery says. Blocks until the
  /// log has answered. After anything but `done` the writer must not be used again. `unknown` may
  /// be another owner's doing too, when so much time has passed since the commit began that the log
  /// may have ended the transaction by itself: look into the log, before making a new writer if
  /// that would fence a rightful owner. Throws LogFailure (`refused`) when the log will never take
  /// it. `reason` says why it was not `done`.
  virtual Commit commit(const Outbox& records, std::span<const CommittedOffset> offsets,
                        std::string& reason) = 0;

  /// The largest record that it takes: bytes of key, value and headers (with 8 more each) together.
  virtual std::size_t max_record_bytes() const { return 900'000; }
};

/// A member of a group that shares out the partitions of one topic. No record is read by it: it is
/// only a lease, which says who works on what. Used by one thread. Safety must not rest on it: who
/// was paused may poll several times before it learns that its lease has ended. The writers'
/// fencing is for that.
class Membership {
 public:
  /// Leaves the group: the others take over at once. A member with an instance of its own keeps its
  /// place instead, until it comes back or its session times out. Does not call `release`: let go
  /// of the partitions before.
  virtual ~Membership() = default;

  /// Called within `poll` when partitions are to be given up: all that are ours. They must be let
  /// go before it returns; whoever gets them begins then. `lost`: the lease has ended already and
  /// others may own them. May throw, through `poll`.
  using Release = std::function<void(std::span<const std::int32_t> partitions, bool lost)>;

  /// Gives the group's protocol its turn, without waiting. Call it every few seconds at least and
  /// when the signal given at joining is notified, or the lease ends. Returns the partitions that
  /// are ours now, sorted; valid until the next call. Throws LogFailure: `fenced` when another
  /// member has joined with our instance (after `release` with `lost`), `refused`. A log that
  /// cannot be reached is no failure: the lease then ends by time.
  virtual std::span<const std::int32_t> poll(const Release& release) = 0;

  /// Whether an assignment of the group holds, possibly an empty one: not while it shares out anew.
  virtual bool joined() const = 0;
};

/// The log as a port: Kafka (connectors/kafka) or in the process (pipeline/engine/memory_log). Both
/// pass the contract suite tests/pipeline/engine/log_contract_test.h. Thread-safe. Calls answer
/// within a time-out or throw LogFailure (`unreachable`).
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
  /// Creates a topic; it is there when this returns. Existing already is no error.
  virtual void create_topic(const std::string& topic, std::int32_t partitions,
                            const std::map<std::string, std::string>& settings) = 0;
  /// Throws LogFailure (`refused`) when there is no such topic, or no right to ask.
  virtual TopicSettings settings(const std::string& topic) = 0;
  virtual OffsetRange offsets(const std::string& topic, std::int32_t partition,
                              std::chrono::milliseconds patience) = 0;
  OffsetRange offsets(const std::string& topic, std::int32_t partition) {
    return offsets(topic, partition, std::chrono::milliseconds::max());
  }
  /// The first offset whose timestamp is at least `time_ms`, or the end.
  virtual std::int64_t offset_at(const std::string& topic, std::int32_t partition,
                                 std::int64_t time_ms) = 0;
  /// Forgets the records below an offset. Those that are forgotten already are no error; an offset
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
  /// Begins to join a group that shares out the partitions of a topic; `poll` goes on with it.
  /// `instance`: a name, unique in the group, under which a member that comes back within its
  /// session gets its partitions back without a change for the others; empty: none. `signal` is
  /// notified when `poll` has something to do; it outlives the membership.
  virtual std::unique_ptr<Membership> join(const std::string& group, const std::string& topic,
                                           const std::string& instance, Signal& signal) = 0;
};

/// The partition of a key among `partitions`, as Kafka's Java client chooses it (murmur2).
std::int32_t partition_of_key(std::string_view key, std::int32_t partitions);

}  // namespace weir
