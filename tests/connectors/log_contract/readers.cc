// Readers: which records they see, from where, and how they wait for more.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/connectors/log_contract/log_contract.h"

namespace weir {
namespace {

TEST_P(LogContract, HidesRecordsOfAbortedTransactions) {
  const std::string topic = fresh_topic();
  under_test_->append(topic, 0, "before", 1000);
  under_test_->append_aborted(topic, 0, 5);
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {topic}), outbox({"after"})), Commit::done);
  const std::vector<KeptRecord> records = read(topic);
  ASSERT_EQ(values_of(records), (RecordValues{"before", "after"}));
  EXPECT_EQ(records[1].offset, 7);
}

TEST_P(LogContract, ReachesTheEndThroughATailOfAbortedRecords) {
  const std::string topic = fresh_topic();
  under_test_->append(topic, 0, "before", 1000);
  under_test_->append_aborted(topic, 0, 5);
  EXPECT_EQ(values_of(read(topic)), RecordValues{"before"});
  EXPECT_EQ(log_.offsets(topic, 0).end, 7);
}

TEST_P(LogContract, ReadsFromAnOffsetInTheMiddleOrInAGap) {
  const std::string topic = fresh_topic();
  const auto writer = log_.writer(fresh("writer"), {topic});
  ASSERT_EQ(commit(*writer, outbox({"0", "1"})), Commit::done);
  ASSERT_EQ(commit(*writer, outbox({"3", "4"})), Commit::done);
  EXPECT_EQ(values_of(read(topic, 0, 1)), (RecordValues{"1", "3", "4"}));
  EXPECT_EQ(values_of(read(topic, 0, 2)), (RecordValues{"3", "4"}));
  EXPECT_EQ(values_of(read(topic, 0, 6)), RecordValues{});
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
  EXPECT_EQ(values_of(read(topic, 0, 0, 2)), (RecordValues{"a", "b", "c", "d", "e"}));
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
  EXPECT_EQ(values_of(read_until(*reader, signal, 1, 2)), RecordValues{"other"});
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
  EXPECT_EQ(values_of(read_until(*reader, signal, 0, 1)), RecordValues{"late"});
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

}  // namespace
}  // namespace weir
