#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/core/log.h"

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
  virtual void delete_records(const std::string& topic, std::int32_t partition,
                              std::int64_t before) = 0;
  virtual std::optional<std::int64_t> committed(const std::string& group, const std::string& topic,
                                                std::int32_t partition) = 0;
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
  under_test_->delete_records(topic, 0, 4);
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

}  // namespace weir
