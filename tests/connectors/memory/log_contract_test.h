#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/core/log/log.h"

/// What every log must do. A test program includes this and instantiates `LogContract` with the
/// makers of its logs: the log in memory (memory_log_test.cc), a real broker
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

/// A member with what was reported to it.
struct Sharing {
  struct Released {
    std::vector<std::int32_t> partitions;
    bool lost;
    bool operator==(const Released&) const = default;
  };

  void join(Log& log, const std::string& group, const std::string& topic,
            const std::string& instance = {}) {
    membership = log.join(group, topic, instance, *signal);
  }
  void poll() {
    const auto mine = membership->poll([this](std::span<const std::int32_t> partitions, bool lost) {
      released.push_back({{partitions.begin(), partitions.end()}, lost});
      owned.clear();
    });
    owned.assign(mine.begin(), mine.end());
  }
  void leave() {
    owned.clear();
    membership.reset();
  }

  Signal* signal;
  std::unique_ptr<Membership> membership = nullptr;
  std::vector<std::int32_t> owned = {};
  std::vector<Released> released = {};
};

/// A record by value.
struct KeptRecord {
  std::int64_t offset = 0;
  std::int64_t timestamp = 0;
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::string>> headers;
};

inline KeptRecord keep(const Record& record) {
  KeptRecord kept{record.offset, record.timestamp, {}, {}, {}};
  if (record.has_key) kept.key = record.key;
  if (record.has_value) kept.value = record.value;
  for (const Header& header : record.headers) kept.headers.emplace_back(header.name, header.value);
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

  static Outbox outbox(const std::vector<std::string>& values, std::int32_t partition = 0) {
    Outbox records;
    for (const std::string& value : values) records.add(0, partition, "key", value);
    return records;
  }

  static std::vector<std::string> values_of(const std::vector<KeptRecord>& records) {
    std::vector<std::string> values;
    for (const KeptRecord& record : records) values.push_back(record.value.value_or("null"));
    return values;
  }

  /// Polls members until `wanted`; no partition ever has two of them.
  template <class Wanted>
  void poll_until(std::vector<Sharing*> members, Wanted wanted) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      for (Sharing* member : members) {
        member->poll();
        std::vector<std::int32_t> all;
        for (const Sharing* each : members)
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

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LogContract);

using Values = std::vector<std::string>;

TEST_P(LogContract, KnowsHowManyPartitionsATopicHas) {
  EXPECT_EQ(log_.partitions(fresh("absent")), std::nullopt);
  const std::string topic = fresh_topic(3);
  EXPECT_EQ(log_.partitions(topic), 3);
  log_.create_topic(topic, 3, {});
  EXPECT_EQ(log_.partitions(topic), 3);
}

TEST_P(LogContract, ReadsATransactionOfSeveralTopicsAndPartitionsInOrder) {
  const std::string first = fresh_topic(2);
  const std::string second = fresh_topic(1);
  Outbox records;
  records.add(0, 1, "a", "one");
  records.add(1, 0, "b", "two");
  records.add(0, 0, "c", "three");
  records.add(0, 1, "d", "four");
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {first, second}), records), Commit::done);

  EXPECT_EQ(values_of(read(first, 0)), Values{"three"});
  EXPECT_EQ(values_of(read(first, 1)), (Values{"one", "four"}));
  EXPECT_EQ(values_of(read(second, 0)), Values{"two"});
  EXPECT_EQ(read(first, 1).back().key, "d");
}

TEST_P(LogContract, KeepsTheBytesOfACommitThatIsDone) {
  const std::string topic = fresh_topic();
  const auto writer = log_.writer(fresh("writer"), {topic});
  Outbox records = outbox({"one", "two"});
  ASSERT_EQ(commit(*writer, records), Commit::done);
  records.clear();
  records.add(0, 0, "xxx", "yyyyyyyyyyyy");
  EXPECT_EQ(values_of(read(topic)), (Values{"one", "two"}));
}

TEST_P(LogContract, LeavesAGapForEveryTransaction) {
  const std::string topic = fresh_topic();
  const auto writer = log_.writer(fresh("writer"), {topic});
  ASSERT_EQ(commit(*writer, outbox({"a", "b"})), Commit::done);
  ASSERT_EQ(commit(*writer, outbox({"c"})), Commit::done);

  const std::vector<KeptRecord> records = read(topic);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].offset, 0);
  EXPECT_EQ(records[1].offset, 1);
  EXPECT_EQ(records[2].offset, 3);
  EXPECT_EQ(log_.offsets(topic, 0).first, 0);
  EXPECT_EQ(log_.offsets(topic, 0).end, 5);
}

TEST_P(LogContract, HidesRecordsOfAbortedTransactions) {
  const std::string topic = fresh_topic();
  under_test_->append(topic, 0, "before", 1000);
  under_test_->append_aborted(topic, 0, 5);
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {topic}), outbox({"after"})), Commit::done);
  const std::vector<KeptRecord> records = read(topic);
  ASSERT_EQ(values_of(records), (Values{"before", "after"}));
  EXPECT_EQ(records[1].offset, 7);
}

TEST_P(LogContract, ReachesTheEndThroughATailOfAbortedRecords) {
  const std::string topic = fresh_topic();
  under_test_->append(topic, 0, "before", 1000);
  under_test_->append_aborted(topic, 0, 5);
  EXPECT_EQ(values_of(read(topic)), Values{"before"});
  EXPECT_EQ(log_.offsets(topic, 0).end, 7);
}

TEST_P(LogContract, KeepsNullAndEmptyKeysAndValuesApart) {
  const std::string topic = fresh_topic();
  Outbox sent;
  sent.add(0, 0, std::nullopt, "value");
  sent.add(0, 0, "", "value");
  sent.add(0, 0, "key", std::nullopt);
  sent.add(0, 0, "key", "");
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {topic}), sent), Commit::done);

  const std::vector<KeptRecord> records = read(topic);
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(records[0].key, std::nullopt);
  EXPECT_EQ(records[1].key, "");
  EXPECT_EQ(records[2].value, std::nullopt);
  EXPECT_EQ(records[3].value, "");
}

TEST_P(LogContract, KeepsHeadersAndTheOrderOfRecordsWithAndWithoutThem) {
  const std::string topic = fresh_topic();
  const std::vector<Header> headers = {{"weir-error", "json: x"}, {"empty", ""}};
  Outbox sent;
  sent.add(0, 0, "1", "plain");
  sent.add(0, 0, "2", "with", headers);
  sent.add(0, 0, "3", "plain again");
  sent.add(0, 0, std::nullopt, std::nullopt, {headers.data(), 1});
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {topic}), sent), Commit::done);

  const std::vector<KeptRecord> records = read(topic);
  ASSERT_EQ(values_of(records), (Values{"plain", "with", "plain again", "null"}));
  EXPECT_TRUE(records[0].headers.empty());
  EXPECT_TRUE(records[2].headers.empty());
  ASSERT_EQ(records[1].headers.size(), 2U);
  EXPECT_EQ(records[1].headers[0].first, "weir-error");
  EXPECT_EQ(records[1].headers[0].second, "json: x");
  EXPECT_EQ(records[1].headers[1].second, "");
  ASSERT_EQ(records[3].headers.size(), 1U);
  EXPECT_EQ(records[3].key, std::nullopt);
}

TEST_P(LogContract, CommitsTwentyThousandRecordsInOneTransaction) {
  const std::string topic = fresh_topic(3);
  Outbox sent;
  for (int i = 0; i < 20'000; ++i)
    sent.add(0, i % 3, std::to_string(i), std::to_string(i) + std::string(100, 'x'));
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {topic}), sent), Commit::done);
  for (std::int32_t partition = 0; partition < 3; ++partition) {
    const std::vector<KeptRecord> records = read(topic, partition, 0, 1000);
    ASSERT_EQ(records.size(), partition < 2 ? 6667U : 6666U);
    for (std::size_t i = 0; i < records.size(); ++i)
      ASSERT_EQ(records[i].key, std::to_string(3 * i + static_cast<std::size_t>(partition)));
  }
}

TEST_P(LogContract, StampsCommittedRecordsWithTheTime) {
  const std::string topic = fresh_topic();
  const auto now = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const std::int64_t before = now();
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {topic}), outbox({"a"})), Commit::done);
  const std::int64_t stamped = read(topic).at(0).timestamp;
  EXPECT_LE(before, stamped);
  EXPECT_LE(stamped, now());
}

TEST_P(LogContract, ANewWriterFencesTheOlderOfItsIdentity) {
  const std::string topic = fresh_topic();
  const std::string identity = fresh("writer");
  const auto older = log_.writer(identity, {topic});
  ASSERT_EQ(commit(*older, outbox({"of the older"})), Commit::done);
  const auto newer = log_.writer(identity, {topic});
  EXPECT_EQ(commit(*older, outbox({"too late"})), Commit::fenced);
  EXPECT_EQ(commit(*newer, outbox({"of the newer"})), Commit::done);
  EXPECT_EQ(values_of(read(topic)), (Values{"of the older", "of the newer"}));
}

TEST_P(LogContract, WritersOfOtherIdentitiesDoNotFence) {
  const std::string topic = fresh_topic();
  const auto one = log_.writer(fresh("writer"), {topic});
  const auto other = log_.writer(fresh("writer"), {topic});
  EXPECT_EQ(commit(*one, outbox({"a"})), Commit::done);
  EXPECT_EQ(commit(*other, outbox({"b"})), Commit::done);
  EXPECT_EQ(values_of(read(topic)), (Values{"a", "b"}));
}

TEST_P(LogContract, CommitsOffsetsUnderTheGroupThatTheIdentityNames) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  const auto writer = log_.writer(group + ".0", {topic});
  EXPECT_EQ(under_test_->committed(group, topic, 0), std::nullopt);
  ASSERT_EQ(commit(*writer, outbox({"a"}), {{topic, 0, 5}, {topic, 1, 6}}), Commit::done);
  EXPECT_EQ(under_test_->committed(group, topic, 0), 5);
  ASSERT_EQ(commit(*writer, Outbox(), {{topic, 0, 7}}), Commit::done);
  EXPECT_EQ(under_test_->committed(group, topic, 0), 7);
  EXPECT_EQ(under_test_->committed(group, topic, 1), 6);
}

TEST_P(LogContract, ReadsFromAnOffsetInTheMiddleOrInAGap) {
  const std::string topic = fresh_topic();
  const auto writer = log_.writer(fresh("writer"), {topic});
  ASSERT_EQ(commit(*writer, outbox({"0", "1"})), Commit::done);
  ASSERT_EQ(commit(*writer, outbox({"3", "4"})), Commit::done);
  EXPECT_EQ(values_of(read(topic, 0, 1)), (Values{"1", "3", "4"}));
  EXPECT_EQ(values_of(read(topic, 0, 2)), (Values{"3", "4"}));
  EXPECT_EQ(values_of(read(topic, 0, 6)), Values{});
}

TEST_P(LogContract, AnEmptyPartitionIsAtItsEnd) {
  const std::string topic = fresh_topic();
  EXPECT_EQ(log_.offsets(topic, 0).end, 0);
  EXPECT_TRUE(read(topic).empty());
}

TEST_P(LogContract, FetchesNoMoreThanAskedFor) {
  const std::string topic = fresh_topic();
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {topic}), outbox({"a", "b", "c", "d", "e"})),
            Commit::done);
  EXPECT_EQ(values_of(read(topic, 0, 0, 2)), (Values{"a", "b", "c", "d", "e"}));
}

TEST_P(LogContract, RecordsLiveUntilTheNextFetchOfTheirPartition) {
  const std::string topic = fresh_topic(2);
  Outbox sent = outbox({"first", "second"}, 0);
  sent.add(0, 1, "key", "other");
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {topic}), sent), Commit::done);

  Signal signal;
  const auto reader = log_.reader(topic);
  const std::vector<PartitionOffset> positions = {{0, 0}, {1, 0}};
  reader->start(positions, signal);
  std::vector<Record> held;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (held.empty() && std::chrono::steady_clock::now() < deadline) {
    reader->fetch(0, 1, held);
    if (held.empty()) signal.wait_for(std::chrono::milliseconds(100));
  }
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(values_of(read_until(*reader, signal, 1, 2)), Values{"other"});
  EXPECT_EQ(held[0].value, "first");
}

TEST_P(LogContract, WakesAReaderThatWaitsAtTheEnd) {
  const std::string topic = fresh_topic();
  Signal signal;
  const auto reader = log_.reader(topic);
  const PartitionOffset position{0, 0};
  reader->start({&position, 1}, signal);
  ASSERT_TRUE(read_until(*reader, signal, 0, 0).empty());
  signal.wait_for(std::chrono::milliseconds(0));  // what came before

  std::thread producer([&] { under_test_->append(topic, 0, "late", 1000); });
  EXPECT_TRUE(signal.wait_for(kPatience));
  producer.join();
  EXPECT_EQ(values_of(read_until(*reader, signal, 0, 1)), Values{"late"});
  EXPECT_EQ(reader->end_offset(0), 1);
}

TEST_P(LogContract, ReadsEveryRecordOnceAndInOrderWhileWritersCommit) {
  constexpr int kEpochs = 20;
  constexpr int kRecords = 50;
  const std::string topic = fresh_topic();
  const auto write = [&](const std::string& name, const std::string& identity) {
    const auto writer = log_.writer(identity, {topic});
    for (int epoch = 0; epoch < kEpochs; ++epoch) {
      Outbox records;
      for (int i = 0; i < kRecords; ++i)
        records.add(0, 0, name, std::to_string(epoch * kRecords + i));
      ASSERT_EQ(commit(*writer, records), Commit::done);
    }
  };
  Signal signal;
  const auto reader = log_.reader(topic);
  const PartitionOffset position{0, 0};
  reader->start({&position, 1}, signal);
  std::thread one(write, "one", fresh("writer"));
  std::thread other(write, "other", fresh("writer"));
  std::map<std::string, int> next;
  const std::int64_t last = 2 * kEpochs * (kRecords + 1);
  for (const KeptRecord& record : read_until(*reader, signal, 0, last))
    EXPECT_EQ(record.value, std::to_string(next[*record.key]++));
  one.join();
  other.join();
  EXPECT_EQ(next["one"], kEpochs * kRecords);
  EXPECT_EQ(next["other"], kEpochs * kRecords);
}

TEST_P(LogContract, SaysWhichOffsetIsLostToRetention) {
  const std::string topic = fresh_topic();
  for (int i = 0; i < 10; ++i) under_test_->append(topic, 0, std::to_string(i), 1000 + i);
  log_.delete_records(topic, 0, 4);
  EXPECT_EQ(log_.offsets(topic, 0).first, 4);
  EXPECT_EQ(values_of(read(topic, 0, 4)).front(), "4");

  const std::optional<LogFailure> failure = failure_of_reading(topic, 3);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, LogFailure::Kind::lost);
  const std::string text = failure->what();
  EXPECT_NE(text.find("offset 3 of " + topic + "[0]"), std::string::npos) << text;
  EXPECT_NE(text.find("4 to 10"), std::string::npos) << text;
}

TEST_P(LogContract, DoesNotReadFromBeyondTheEnd) {
  const std::string topic = fresh_topic();
  under_test_->append(topic, 0, "a", 1000);
  const std::optional<LogFailure> failure = failure_of_reading(topic, 100);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, LogFailure::Kind::lost);
}

TEST_P(LogContract, FindsTheFirstOffsetOfATime) {
  const std::string topic = fresh_topic();
  for (const std::int64_t time : {1000, 2000, 2000, 3000}) under_test_->append(topic, 0, "x", time);
  EXPECT_EQ(log_.offset_at(topic, 0, -5), 0);
  EXPECT_EQ(log_.offset_at(topic, 0, 1000), 0);
  EXPECT_EQ(log_.offset_at(topic, 0, 1001), 1);
  EXPECT_EQ(log_.offset_at(topic, 0, 3000), 3);
  EXPECT_EQ(log_.offset_at(topic, 0, 3001), 4);
}

TEST_P(LogContract, RefusesWhatDoesNotExist) {
  const std::string topic = fresh_topic();
  const auto refused = LogFailure::Kind::refused;
  EXPECT_EQ(failure_of([&] { log_.reader(fresh("absent")); }), refused);
  EXPECT_EQ(failure_of([&] { log_.writer(fresh("writer"), {topic, fresh("absent")}); }), refused);
  EXPECT_EQ(failure_of([&] { commit(*log_.writer(fresh("writer"), {topic}), outbox({"a"}, 7)); }),
            refused);
  EXPECT_EQ(failure_of([&] {
              Signal signal;
              const PartitionOffset position{7, 0};
              log_.reader(topic)->start({&position, 1}, signal);
            }),
            refused);
}

TEST_P(LogContract, TakesTheLargestRecordAndRefusesALargerOne) {
  const std::string topic = fresh_topic();
  const auto writer = log_.writer(fresh("writer"), {topic});
  const std::size_t most = writer->max_record_bytes();
  ASSERT_GE(most, 900'000U);
  EXPECT_EQ(failure_of([&] { commit(*writer, outbox({std::string(most, 'x')})); }),
            LogFailure::Kind::refused);
  EXPECT_TRUE(read(topic).empty());
  const auto again = log_.writer(fresh("writer"), {topic});
  ASSERT_EQ(commit(*again, outbox({std::string(most - 3, 'x')})), Commit::done);
  EXPECT_EQ(read(topic).at(0).value->size(), most - 3);
}

using Partitions = std::vector<std::int32_t>;

TEST_P(LogContract, DeletesWhatIsBelowAnOffsetAndNothingTwice) {
  const std::string topic = fresh_topic(2);
  for (int i = 0; i < 10; ++i) under_test_->append(topic, 1, std::to_string(i), 1000 + i);
  log_.delete_records(topic, 1, 4);
  log_.delete_records(topic, 1, 2);
  log_.delete_records(topic, 1, -1);
  EXPECT_EQ(log_.offsets(topic, 1).first, 4);
  EXPECT_EQ(log_.offsets(topic, 1).end, 10);
  EXPECT_EQ(failure_of([&] { log_.delete_records(topic, 1, 11); }), LogFailure::Kind::refused);
  log_.delete_records(topic, 1, 10);
  EXPECT_EQ(log_.offsets(topic, 1).first, 10);
  EXPECT_EQ(failure_of([&] { log_.delete_records(fresh("absent"), 0, 1); }),
            LogFailure::Kind::refused);
}

TEST_P(LogContract, KnowsTheSettingsOfATopic) {
  const std::string compacted = fresh("compacted");
  log_.create_topic(compacted, 1,
                    {{"cleanup.policy", "compact"},
                     {"min.compaction.lag.ms", "60000"},
                     {"max.message.bytes", "5000"}});
  const TopicSettings table = log_.settings(compacted);
  EXPECT_TRUE(table.compacted);
  EXPECT_FALSE(table.deletes);
  EXPECT_EQ(table.min_compaction_lag_ms, 60'000);
  EXPECT_EQ(table.max_record_bytes, 5000);

  const std::string both = fresh("both");
  log_.create_topic(both, 1,
                    {{"cleanup.policy", "compact,delete"},
                     {"retention.ms", "3600000"},
                     {"retention.bytes", "1000000"}});
  EXPECT_TRUE(log_.settings(both).compacted);
  EXPECT_TRUE(log_.settings(both).deletes);
  EXPECT_EQ(log_.settings(both).retention_ms, 3'600'000);
  EXPECT_EQ(log_.settings(both).retention_bytes, 1'000'000);

  const std::string kept = fresh("kept");
  log_.create_topic(kept, 1, {{"retention.ms", "-1"}});
  EXPECT_FALSE(log_.settings(kept).compacted);
  EXPECT_TRUE(log_.settings(kept).deletes);
  EXPECT_EQ(log_.settings(kept).retention_ms, -1);
  EXPECT_EQ(log_.settings(kept).retention_bytes, -1);
  EXPECT_EQ(log_.settings(kept).max_record_bytes, 1'048'588);
  EXPECT_EQ(failure_of([&] { log_.settings(fresh("absent")); }), LogFailure::Kind::refused);
}

TEST_P(LogContract, AtLeastOnceTheOutputsAreInTheLogBeforeTheirEpoch) {
  const std::string outputs = fresh_topic(2);
  const std::string epochs = fresh("epochs");
  log_.create_topic(epochs, 1, {{"max.message.bytes", "1000"}});
  const auto writer = log_.writer(fresh("writer"), {outputs, epochs}, Delivery::at_least_once);
  Outbox records;
  records.add(1, 0, "key", std::string(2000, 'x'));  // added first, sent last; refused
  records.add(0, 0, "key", "one");
  records.add(0, 1, "key", "two");
  EXPECT_EQ(failure_of([&] { commit(*writer, records); }), LogFailure::Kind::refused);
  EXPECT_EQ(values_of(read(outputs, 0)), Values{"one"});
  EXPECT_EQ(values_of(read(outputs, 1)), Values{"two"});
  EXPECT_TRUE(read(epochs).empty());
}

TEST_P(LogContract, AtLeastOnceOutputsPrecedeTheTransactionOfTheEpoch) {
  const std::string outputs = fresh_topic();
  const std::string epochs = fresh_topic();
  const std::string group = fresh("group");
  const auto writer = log_.writer(group + ".0", {outputs, epochs}, Delivery::at_least_once);
  for (const std::string number : {"1", "2"}) {
    Outbox records;
    records.add(0, 0, "key", "a" + number);
    records.add(0, 0, "key", "b" + number, std::vector<Header>{{"name", "value"}});
    records.add(1, 0, "key", "epoch " + number);
    ASSERT_EQ(commit(*writer, records, {{outputs, 0, std::stoi(number)}}), Commit::done);
  }
  EXPECT_EQ(values_of(read(outputs)), (Values{"a1", "b1", "a2", "b2"}));
  EXPECT_EQ(values_of(read(epochs)), (Values{"epoch 1", "epoch 2"}));
  EXPECT_EQ(log_.offsets(outputs, 0).end, 4);  // no gaps
  EXPECT_GT(log_.offsets(epochs, 0).end, 2);
  EXPECT_EQ(under_test_->committed(group, outputs, 0), 2);
}

TEST_P(LogContract, AtLeastOnceANewerWriterKeepsOutTheEpochOfTheOlder) {
  const std::string outputs = fresh_topic();
  const std::string epochs = fresh_topic();
  for (const Delivery delivery : {Delivery::at_least_once, Delivery::exactly_once}) {
    const std::string identity = fresh("writer");
    const auto older = log_.writer(identity, {outputs, epochs}, Delivery::at_least_once);
    const auto newer = log_.writer(identity, {outputs, epochs}, delivery);
    const std::size_t before = read(epochs).size();
    Outbox records;
    records.add(0, 0, "key", "output");
    records.add(1, 0, "key", "epoch");
    EXPECT_EQ(commit(*newer, records), Commit::done);
    EXPECT_EQ(commit(*older, records), Commit::fenced);
    EXPECT_EQ(read(epochs).size(), before + 1);
  }
  EXPECT_EQ(read(outputs).size(), 4U);
}

TEST_P(LogContract, PlainlyNobodyIsFenced) {
  const std::string topic = fresh_topic();
  const std::string identity = fresh("writer");
  const auto transactional = log_.writer(identity, {topic});
  const auto older = log_.writer(identity, {topic}, Delivery::plain);
  const auto newer = log_.writer(identity, {topic}, Delivery::plain);
  EXPECT_EQ(commit(*older, outbox({"a"})), Commit::done);
  EXPECT_EQ(commit(*newer, outbox({"b"})), Commit::done);
  EXPECT_EQ(commit(*older, outbox({"c"})), Commit::done);
  EXPECT_EQ(commit(*transactional, outbox({"d"})), Commit::done);
  EXPECT_EQ(values_of(read(topic)), (Values{"a", "b", "c", "d"}));
}

TEST_P(LogContract, StoresOffsetsWhileTheGroupHasMembers) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  Sharing one{&signal_};
  one.join(log_, group, topic);
  poll_until({&one}, [&] { return one.owned.size() == 2; });
  const auto once = log_.writer(group + ".0", {topic});
  ASSERT_EQ(commit(*once, outbox({"a"}), {{topic, 0, 5}}), Commit::done);
  EXPECT_EQ(under_test_->committed(group, topic, 0), 5);
  const auto often = log_.writer(group + ".1", {topic}, Delivery::at_least_once);
  ASSERT_EQ(commit(*often, outbox({"a"}), {{topic, 1, 6}}), Commit::done);
  EXPECT_EQ(under_test_->committed(group, topic, 1), 6);
}

TEST_P(LogContract, TheOnlyMemberOfAGroupHasEveryPartition) {
  const std::string topic = fresh_topic(3);
  Sharing one{&signal_};
  one.join(log_, fresh("group"), topic);
  EXPECT_FALSE(one.membership->joined());
  poll_until({&one}, [&] { return one.membership->joined(); });
  EXPECT_EQ(one.owned, (Partitions{0, 1, 2}));
  EXPECT_TRUE(one.released.empty());
}

TEST_P(LogContract, TwoMembersShareThePartitions) {
  const std::string topic = fresh_topic(5);
  const std::string group = fresh("group");
  Sharing one{&signal_};
  Sharing other{&signal_};
  one.join(log_, group, topic);
  poll_until({&one}, [&] { return one.owned.size() == 5; });
  other.join(log_, group, topic);
  poll_until({&one, &other},
             [&] { return one.owned.size() + other.owned.size() == 5 && one.owned.size() < 5; });
  EXPECT_EQ(one.released, (std::vector<Sharing::Released>{{{0, 1, 2, 3, 4}, false}}));
  EXPECT_TRUE(other.released.empty());
  EXPECT_GE(std::min(one.owned.size(), other.owned.size()), 2U);
}

TEST_P(LogContract, AMemberWithoutAShareHasJoined) {
  const std::string topic = fresh_topic(1);
  const std::string group = fresh("group");
  Sharing one{&signal_};
  Sharing other{&signal_};
  one.join(log_, group, topic);
  other.join(log_, group, topic);
  poll_until({&one, &other}, [&] {
    return one.membership->joined() && other.membership->joined() &&
           one.owned.size() + other.owned.size() == 1;
  });
}

TEST_P(LogContract, AMemberThatLeavesHandsOverWithinTwoSeconds) {
  const std::string topic = fresh_topic(4);
  const std::string group = fresh("group");
  Sharing one{&signal_};
  Sharing other{&signal_};
  one.join(log_, group, topic);
  other.join(log_, group, topic);
  poll_until({&one, &other}, [&] { return one.owned.size() == 2 && other.owned.size() == 2; });
  const auto begun = std::chrono::steady_clock::now();
  one.leave();
  poll_until({&other}, [&] { return other.owned.size() == 4; });
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
  EXPECT_FALSE(other.released.back().lost);
}

TEST_P(LogContract, AReturningInstanceKeepsItsPartitions) {
  const std::string topic = fresh_topic(4);
  const std::string group = fresh("group");
  Sharing one{&signal_};
  Sharing other{&signal_};
  one.join(log_, group, topic, "a");
  other.join(log_, group, topic, "b");
  poll_until({&one, &other}, [&] { return one.owned.size() == 2 && other.owned.size() == 2; });
  const Partitions before = one.owned;
  other.released.clear();
  one.leave();
  other.poll();
  EXPECT_EQ(other.owned.size(), 2U);
  one.join(log_, group, topic, "a");
  poll_until({&one, &other}, [&] { return !one.owned.empty(); });
  EXPECT_EQ(one.owned, before);
  EXPECT_EQ(other.owned.size(), 2U);
  EXPECT_TRUE(other.released.empty());
}

TEST_P(LogContract, AnInstanceThatJoinsTwiceFencesTheFirst) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  Sharing one{&signal_};
  Sharing again{&signal_};
  one.join(log_, group, topic, "a");
  poll_until({&one}, [&] { return one.owned.size() == 2; });
  again.join(log_, group, topic, "a");
  poll_until({&again}, [&] { return again.owned.size() == 2; });
  const auto failure = failure_of([&] { poll_until({&one}, [&] { return false; }); });
  EXPECT_EQ(failure, LogFailure::Kind::fenced);
  EXPECT_EQ(one.released, (std::vector<Sharing::Released>{{{0, 1}, true}}));
  one.leave();
  again.poll();
  EXPECT_EQ(again.owned, (Partitions{0, 1}));
}

TEST_P(LogContract, AMemberThatDoesNotPollLosesItsLeaseAndJoinsAgain) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  Sharing one{&signal_};
  Sharing other{&signal_};
  one.join(log_, group, topic);
  other.join(log_, group, topic);
  poll_until({&one, &other}, [&] { return one.owned.size() == 1 && other.owned.size() == 1; });
  const Partitions before = one.owned;
  one.released.clear();
  under_test_->expire(*one.membership);
  poll_until({&other}, [&] { return other.owned.size() == 2; });
  EXPECT_EQ(one.owned, before);  // it does not know yet
  poll_until({&one}, [&] { return !one.released.empty(); });
  ASSERT_FALSE(one.released.empty());
  EXPECT_EQ(one.released.front(), (Sharing::Released{before, true}));
  poll_until({&one, &other}, [&] { return one.owned.size() == 1 && other.owned.size() == 1; });
}

TEST_P(LogContract, WhatAReleaseThrowsComesOutOfThePoll) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  Sharing one{&signal_};
  Sharing other{&signal_};
  one.join(log_, group, topic);
  poll_until({&one}, [&] { return one.owned.size() == 2; });
  other.join(log_, group, topic);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const auto poll_both = [&] {
    while (std::chrono::steady_clock::now() < deadline) {
      other.poll();
      one.membership->poll([](auto, bool) { throw std::domain_error("killed"); });
      signal_.wait_for(std::chrono::milliseconds(100));
    }
  };
  EXPECT_THROW(poll_both(), std::domain_error);
}

TEST_P(LogContract, AMemberCanBeGoneBeforeItHasJoined) {
  const std::string topic = fresh_topic(2);
  const std::string group = fresh("group");
  for (int i = 0; i < 3; ++i) {
    Sharing one{&signal_};
    one.join(log_, group, topic);
    if (i > 0) one.poll();
  }
  Sharing other{&signal_};
  other.join(log_, group, topic);
  poll_until({&other}, [&] { return other.owned.size() == 2; });
  EXPECT_EQ(failure_of([&] { log_.join(group, fresh("absent"), "", signal_); }),
            LogFailure::Kind::refused);
}

}  // namespace weir
