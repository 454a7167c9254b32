// Topics: what they are made with, what is deleted from them, and what is not there.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/connectors/log_contract/log_contract.h"

namespace weir {
namespace {

TEST_P(LogContract, KnowsHowManyPartitionsATopicHas) {
  EXPECT_EQ(log_.partitions(fresh("absent")), std::nullopt);
  const std::string topic = fresh_topic(3);
  EXPECT_EQ(log_.partitions(topic), 3);
  log_.create_topic(topic, 3, {});
  EXPECT_EQ(log_.partitions(topic), 3);
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

}  // namespace
}  // namespace weir
