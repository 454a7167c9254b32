// Writers: what a commit writes.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/connectors/log_contract/log_contract.h"

namespace weir {
namespace {

TEST_P(LogContract, ReadsATransactionOfSeveralTopicsAndPartitionsInOrder) {
  const std::string first = fresh_topic(2);
  const std::string second = fresh_topic(1);
  Outbox records;
  records.add(0, 1, "a", "one");
  records.add(1, 0, "b", "two");
  records.add(0, 0, "c", "three");
  records.add(0, 1, "d", "four");
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {first, second}), records), Commit::done);

  EXPECT_EQ(values_of(read(first, 0)), RecordValues{"three"});
  EXPECT_EQ(values_of(read(first, 1)), (RecordValues{"one", "four"}));
  EXPECT_EQ(values_of(read(second, 0)), RecordValues{"two"});
  EXPECT_EQ(read(first, 1).back().key, "d");
}

TEST_P(LogContract, KeepsTheBytesOfACommitThatIsDone) {
  const std::string topic = fresh_topic();
  const auto writer = log_.writer(fresh("writer"), {topic});
  Outbox records = outbox({"one", "two"});
  ASSERT_EQ(commit(*writer, records), Commit::done);
  records.clear();
  records.add(0, 0, "xxx", "yyyyyyyyyyyy");
  EXPECT_EQ(values_of(read(topic)), (RecordValues{"one", "two"}));
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
  const std::vector<Header> headers = {
      {"weir-error", "json: x"}, {"empty", ""}, {"none", {}}, {"weir-error", "again"}};
  Outbox sent;
  sent.add(0, 0, "1", "plain");
  sent.add(0, 0, "2", "with", headers);
  sent.add(0, 0, "3", "plain again");
  sent.add(0, 0, std::nullopt, std::nullopt, {headers.data(), 1});
  ASSERT_EQ(commit(*log_.writer(fresh("writer"), {topic}), sent), Commit::done);

  const std::vector<KeptRecord> records = read(topic);
  ASSERT_EQ(values_of(records), (RecordValues{"plain", "with", "plain again", "null"}));
  EXPECT_TRUE(records[0].headers.empty());
  EXPECT_TRUE(records[2].headers.empty());
  ASSERT_EQ(records[1].headers.size(), 4U);
  EXPECT_EQ(records[1].headers[0].first, "weir-error");
  EXPECT_EQ(records[1].headers[0].second, "json: x");
  EXPECT_EQ(records[1].headers[1].second, "");
  EXPECT_EQ(records[1].headers[2].first, "none");
  EXPECT_EQ(records[1].headers[2].second, std::nullopt);
  EXPECT_EQ(records[1].headers[3].first, "weir-error");
  EXPECT_EQ(records[1].headers[3].second, "again");
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

}  // namespace
}  // namespace weir
