#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/core/sealed_bytes.h"
#include "pipeline/snapshots/snapshot.h"

namespace weir {

/// weir.<pipeline>.snapshots: a partition a shard.
std::string snapshots_topic(const std::string& pipeline);
/// Compacted, so that only what is named still takes room, and deleted below what is needed.
std::map<std::string, std::string> snapshots_topic_settings();
/// Who writes a shard's snapshots: an identity beside the shard's own.
std::string snapshots_identity(const std::string& pipeline, std::uint32_t shard);

/// A snapshot in the topic, as the manifest lists it. Its payload (directory of sealed parts,
/// packed snapshot) lies in the chunks of slot `serial` modulo the generations, from offset `from`
/// on.
struct TopicSnapshot {
  std::uint64_t serial = 0;  // one more with each
  std::uint64_t epoch = 0;
  std::uint64_t chain = 0;
  std::int64_t log_position = 0;  // of the snapshot: the epochs topic is needed from there on
  std::int64_t from = 0;
  std::uint64_t chunks = 0;
  SealedName payload;
  std::int64_t time_ms = 0;  // when it was sent; for people
};

/// Where a sealed part is in the topic.
struct TopicSegment {
  std::int64_t from = 0;
  std::uint64_t chunks = 0;
  std::uint64_t until = 0;  // serial of the newest snapshot that names it
};

/// Reads one partition of the topic. Nothing is kept between calls.
/// All throw LogFailure, or std::runtime_error for what is damaged or no longer there.
class SnapshotTopicReader {
 public:
  SnapshotTopicReader(Log& log, std::string pipeline, std::uint32_t shard, Wait wait = {});

  struct Payload {
    std::map<SealedName, TopicSegment> segments;  // of all snapshots there are
    std::string packed;
  };
  using Take = std::function<void(SealedBytes part)>;

  /// The snapshots there are, newest first: from the last manifest, found from the end backwards.
  std::vector<TopicSnapshot> list();
  Payload payload(const TopicSnapshot& snapshot);
  /// Gives the wanted parts one after another, each compared with its name.
  void segments(const Payload& payload, std::span<const SealedName> wanted, const Take& take);
  /// The sealed parts of which there are chunks from an offset on, with how many at most.
  std::map<SealedName, TopicSegment> search(std::int64_t from);

 private:
  using Visit = std::function<bool(const Record&)>;
  void read(std::int64_t from, const Visit& visit);

  Log& log_;
  std::string topic_;
  std::int32_t partition_;
  Wait wait_;
};

/// Writes snapshots to the topic: sealed parts that are not there yet, then the payload in chunks,
/// then the manifest, in transactions of some 8 MB. Making one fences its predecessors.
class SnapshotTopicWriter {
 public:
  SnapshotTopicWriter(Log& log, std::string pipeline, std::uint32_t shard, Wait wait = {});
  ~SnapshotTopicWriter();

  /// Ends a transaction that a killed predecessor left open: until then, or until the broker's
  /// time-out, the topic cannot be read to its end. Throws LogFailure.
  void fence();

  /// Returns the bytes sent. Throws LogFailure: what was sent stays, and the next call continues;
  /// `fenced`: another owner writes, this one never will again.
  std::size_t publish(const Snapshot& snapshot, std::string_view packed);

  /// What is there, newest first.
  const std::vector<TopicSnapshot>& snapshots() const { return snapshots_; }

 private:
  void open();
  void send(const Snapshot& snapshot, std::string_view packed);
  void add(std::string_view key, std::optional<std::string_view> value);
  void commit();
  void trim();
  void send_segment(const SealedBytes& part, std::int64_t from);
  void send_payload(TopicSnapshot& snapshot, std::string_view packed);

  Log& log_;
  std::string pipeline_;
  std::uint32_t shard_;
  SnapshotTopicReader reader_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<LogWriter> next_writer_;  // has fenced, does not know yet what is there
  Outbox outbox_;
  std::size_t sent_ = 0;
  bool fenced_ = false;
  bool known_ = false;  // the two below are what is in the topic
  std::vector<TopicSnapshot> snapshots_;
  std::map<SealedName, TopicSegment> segments_;  // also those of snapshots that did not come about
};

}  // namespace weir
