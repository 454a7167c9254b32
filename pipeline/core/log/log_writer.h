#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "pipeline/core/log/log_failure.h"
#include "pipeline/core/log/outbox.h"

namespace weir {

/// An input position to store with a transaction, for tools that show lag.
struct CommittedOffset {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

/// How the parts of an epoch reach the log.
enum class Delivery : std::uint8_t {
  /// All at once, in a transaction; a new writer fences the older ones of its identity.
  exactly_once,
  /// The outputs first, visible at once; when all of them are in the log, the records of the last
  /// topic (the epochs) with the offsets, in a transaction. A crash in between leaves outputs
  /// without their epoch, which is then computed again: outputs may be duplicated, an epoch never.
  /// A fenced writer may still emit the outputs of one epoch, but not its record.
  at_least_once,
  /// All in the order added, without a transaction and without offsets, from any number of writers:
  /// fences nobody and is never fenced.
  plain
};

enum class Commit : std::uint8_t {
  done,     // the epoch is in the log, whole
  unknown,  // it may be or not: make a new writer (which ends the old transaction), then check
  fenced    // another owner has taken over: drop the shard
};

/// The writing end of one identity. Unless `plain` it fences every older owner of the same identity
/// and ends its open transaction.
class LogWriter {
 public:
  virtual ~LogWriter() = default;

  /// Appends all records, with the offsets: atomically, or as its Delivery says. Blocks until the
  /// log has answered. After anything but `done` the writer must not be used again. `unknown` may
  /// also be another owner's doing, if so much time has passed since the commit began that the log
  /// may have ended the transaction by itself: check the log, and do so before making a new writer
  /// if that could fence a rightful owner. Throws LogFailure (`refused`) if the log will never
  /// accept it. `reason` says why it was not `done`.
  virtual Commit commit(const Outbox& records, std::span<const CommittedOffset> offsets,
                        std::string& reason) = 0;

  /// The largest record that it takes: bytes of key, value and headers (with 8 more each) together.
  virtual std::size_t max_record_bytes() const { return 900'000; }
};

}  // namespace weir
