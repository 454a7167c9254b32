#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/log/log.h"
#include "pipeline/core/record.h"
#include "pipeline/core/state.h"
#include "pipeline/shard/dead_letter_digest.h"

namespace weir {

/// What a shard could not process: written to the topic of dead letters with its original bytes,
/// its reason and its origin, and counted by reason. Not thread-safe.
class DeadLetters {
 public:
  struct Settings {
    std::uint32_t topic = 0;  // index in the outbox
    std::int32_t partitions = 1;
    std::vector<std::string> origins;  // per source: its topic
  };

  explicit DeadLetters(Settings settings) : settings_(std::move(settings)) {}

  void write_to(Outbox& outbox) { outbox_ = &outbox; }
  /// Largest key, value and headers of a record that the log takes; what is more is cut off.
  void limit_records(std::size_t bytes) { record_bytes_ = bytes; }
  std::size_t record_bytes() const { return record_bytes_; }

  /// A record of a source that is bad; one that is skipped is only counted.
  void add(std::size_t source, std::int32_t partition, const Record& record, const BadRecord& bad);
  /// A row of a sink that is larger than a record may be.
  void add_row(std::string_view key, std::string_view value);

  std::uint64_t count(Reason reason) const { return counts_[static_cast<std::size_t>(reason)]; }

  /// Those since this shard was made.
  const DeadLetterDigest& digest() const { return digest_; }

  /// The counts by the names of their reasons: another program takes those that it knows.
  void state(StateVisitor& visit);

  /// Kafka's default, less room for the rest.
  static constexpr std::size_t kMaxRecordBytes = 990'000;

 private:
  void send(std::int32_t partition, std::optional<std::string_view> key,
            std::optional<std::string_view> value, std::vector<Header> headers);

  Settings settings_;
  Outbox* outbox_ = nullptr;
  std::size_t record_bytes_ = kMaxRecordBytes;
  std::array<std::uint64_t, kReasonCount> counts_{};
  DeadLetterDigest digest_;
};

}  // namespace weir
