#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/core/log/log.h"
#include "tests/connectors/log_contract/group_member.h"

/// What every log must do. A test program takes the sources of this folder and instantiates
/// `LogContract` with the makers of its logs: the log in memory (memory_log_test.cc), a real broker
/// (tests/integration/kafka_contract.cc).
namespace weir {

/// A log with what the suite needs around it.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual Log& log() = 0;
  /// Appends one record without a transaction, as somebody else's producer.
  virtual void append(const std::string& topic, std::int32_t partition, const std::string& value,
                      std::int64_t timestamp) = 0;
  /// Leaves records of a transaction that was aborted.
  virtual void append_aborted(const std::string& topic, std::int32_t partition, int records) = 0;
  virtual std::optional<std::int64_t> committed(const std::string& group, const std::string& topic,
                                                std::int32_t partition) = 0;
  /// Ends the lease of a member that is not polled, if time does not.
  virtual void expire(const Membership& member) = 0;
};

using RecordValues = std::vector<std::string>;

/// A record by value.
struct KeptRecord {
  std::int64_t offset = 0;
  std::int64_t timestamp = 0;
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

inline KeptRecord keep(const Record& record) {
  KeptRecord kept{record.offset, record.timestamp, {}, {}, {}};
  if (record.has_key) kept.key = record.key;
  if (record.has_value) kept.value = record.value;
  for (const Header& header : record.headers) {
    auto& [name, value] = kept.headers.emplace_back(header.name, std::nullopt);
    if (header.value.data() != nullptr) value = header.value;
  }
  return kept;
}

class LogContract : public testing::TestWithParam<std::function<std::unique_ptr<LogUnderTest>()>> {
 protected:
  static constexpr std::chrono::seconds kPatience{30};

  LogContract() : under_test_(GetParam()()), log_(under_test_->log()) {}

  /// Names of its own: a broker outlives the test.
  std::string fresh(const std::string& what) {
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    return "weir.contract-" + what + "-" + std::to_string(now) + "-" + std::to_string(++made_);
  }

  std::string fresh_topic(std::int32_t partitions = 1) {
    const std::string topic = fresh("topic");
    log_.create_topic(topic, partitions, {});
    return topic;
  }

  /// The committed records of a partition from an offset to the end it has now.
  std::vector<KeptRecord> read(const std::string& topic, std::int32_t partition = 0,
                               std::int64_t from = 0, std::size_t max = 4096) {
    Signal signal;
    const auto reader = log_.reader(topic);
    const std::int64_t end = log_.offsets(topic, partition).end;
    const PartitionOffset position{partition, from};
    reader->start({&position, 1}, signal);
    return read_until(*reader, signal, partition, end, max);
  }

  std::vector<KeptRecord> read_until(RecordReader& reader, Signal& signal, std::int32_t partition,
                                     std::int64_t end, std::size_t max = 4096) {
    std::vector<KeptRecord> kept;
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      std::vector<Record> records;
      const RecordReader::Fetched fetched = reader.fetch(partition, max, records);
      EXPECT_EQ(fetched.count, records.size());
      EXPECT_LE(fetched.count, max);
      for (const Record& record : records) kept.push_back(keep(record));
      if (fetched.end && fetched.next >= end) return kept;
      if (fetched.count == 0) signal.wait_for(std::chrono::milliseconds(100));
    }
    ADD_FAILURE() << "the end was not reached";
    return kept;
  }

  /// The failure of reading a partition from an offset.
  std::optional<LogFailure> failure_of_reading(const std::string& topic, std::int64_t from) {
    Signal signal;
    const auto reader = log_.reader(topic);
    const PartitionOffset position{0, from};
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    try {
      reader->start({&position, 1}, signal);
      std::vector<Record> records;
      while (std::chrono::steady_clock::now() < deadline) {
        records.clear();
        reader->fetch(0, 10, records);
        if (!records.empty()) return std::nullopt;
        signal.wait_for(std::chrono::milliseconds(100));
      }
    } catch (const LogFailure& failure) {
      return failure;
    }
    return std::nullopt;
  }

  Commit commit(LogWriter& writer, const Outbox& records,
                std::vector<CommittedOffset> offsets = {}) {
    std::string reason;
    const Commit answer = writer.commit(records, offsets, reason);
    EXPECT_EQ(reason.empty(), answer == Commit::done) << reason;
    return answer;
  }

  static Outbox outbox(const RecordValues& values, std::int32_t partition = 0) {
    Outbox records;
    for (const std::string& value : values) records.add(0, partition, "key", value);
    return records;
  }

  static RecordValues values_of(const std::vector<KeptRecord>& records) {
    RecordValues values;
    for (const KeptRecord& record : records) values.push_back(record.value.value_or("null"));
    return values;
  }

  /// Polls members until `wanted`; no partition ever has two of them.
  template <class Wanted>
  void poll_until(std::vector<GroupMember*> members, Wanted wanted) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      for (GroupMember* member : members) {
        member->poll();
        std::vector<std::int32_t> all;
        for (const GroupMember* each : members)
          all.insert(all.end(), each->owned.begin(), each->owned.end());
        std::sort(all.begin(), all.end());
        EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
      }
      if (wanted()) return;
      signal_.wait_for(std::chrono::milliseconds(500));
    }
    ADD_FAILURE() << "the group did not settle";
  }

  template <class Call>
  static std::optional<LogFailure::Kind> failure_of(Call call) {
    try {
      call();
    } catch (const LogFailure& failure) {
      return failure.kind;
    }
    return std::nullopt;
  }

  std::unique_ptr<LogUnderTest> under_test_;
  Log& log_;
  Signal signal_;  // of members
  int made_ = 0;
};

}  // namespace weir
