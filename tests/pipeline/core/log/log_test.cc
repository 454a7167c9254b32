#include "pipeline/core/log/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

namespace weir {
namespace {

using std::chrono::milliseconds;

// Hashes of org.apache.kafka.common.utils.UtilsTest.testMurmur2 (Apache Kafka 3.9).
TEST(PartitionOfKey, HashesAsTheJavaClient) {
  const std::pair<std::string, std::int32_t> cases[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107}};
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  for (const auto& [key, hash] : cases) {
    EXPECT_EQ(partition_of_key(key, kMost), (hash & 0x7fffffff) % kMost) << key;
    EXPECT_EQ(partition_of_key(key, 3), (hash & 0x7fffffff) % 3) << key;
  }
}

TEST(PartitionOfKey, TakesBytesAbove127AsTheyAre) {
  // Four bytes and a tail, by rd_kafka_msg_partitioner_murmur2 of librdkafka 2.0.2.
  EXPECT_EQ(partition_of_key("\xc3\xa9\xc3\xa9\xff", 1'000'003), 922'561);
}

TEST(PartitionOfKey, AnEmptyKeyHasAPartition) {
  EXPECT_EQ(partition_of_key("", 1'000'003), 645'856);  // by the same function
}

TEST(Outbox, KeepsRecordsInOrderWithTheirBytes) {
  Outbox records;
  records.add(1, 2, "key", "value");
  records.add(0, 0, std::nullopt, "");
  records.add(0, 1, "", std::nullopt);
  ASSERT_EQ(records.entries().size(), 3U);
  const auto& [first, second, third] =
      std::tie(records.entries()[0], records.entries()[1], records.entries()[2]);
  EXPECT_EQ(first.topic, 1U);
  EXPECT_EQ(first.partition, 2);
  EXPECT_EQ(records.key(first), "key");
  EXPECT_EQ(records.value(first), "value");
  EXPECT_FALSE(second.has_key);
  EXPECT_TRUE(second.has_value);
  EXPECT_TRUE(third.has_key);
  EXPECT_FALSE(third.has_value);
  EXPECT_EQ(records.size(), 8U);
}

TEST(Outbox, KeepsHeadersApartFromKeyAndValue) {
  Outbox records;
  const Header headers[] = {
      {"name", std::string_view("with\0zero", 9)}, {"empty", ""}, {"none", {}}};
  records.add(0, 0, "key", "value", headers);
  const Outbox::Entry& entry = records.entries()[0];
  EXPECT_EQ(records.key(entry), "key");
  EXPECT_EQ(records.value(entry), "value");
  const std::vector<Header> kept = records.headers(entry);
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0].name, "name");
  EXPECT_EQ(kept[0].value, std::string_view("with\0zero", 9));
  EXPECT_EQ(kept[1].name, "empty");
  EXPECT_EQ(kept[1].value, "");
  EXPECT_NE(kept[1].value.data(), nullptr);
  EXPECT_EQ(kept[2].name, "none");
  EXPECT_EQ(kept[2].value.data(), nullptr) << "no value is not an empty one";
}

TEST(Outbox, TakesARecordWithHeadersWrittenInPlace) {
  Outbox records;
  const std::size_t at = records.bytes().size();
  const Header headers[] = {{"n", "one"}, {"n", "two"}};
  const std::size_t size = records.append_headers(headers);
  records.bytes() += "keyvalue";
  records.close(0, 0, at, 3, true, true, size);
  const Outbox::Entry& entry = records.entries()[0];
  EXPECT_EQ(records.key(entry), "key");
  EXPECT_EQ(records.value(entry), "value");
  ASSERT_EQ(records.headers(entry).size(), 2U);
  EXPECT_EQ(records.headers(entry)[1].value, "two");
}

TEST(Outbox, TakesARecordWrittenInPlace) {
  Outbox records;
  records.add(0, 0, "before", "it");
  const std::size_t at = records.bytes().size();
  records.bytes() += "key";
  records.bytes() += "{\"a\":1}";
  records.close(3, 1, at, 3, true);
  const Outbox::Entry& entry = records.entries()[1];
  EXPECT_EQ(entry.topic, 3U);
  EXPECT_EQ(entry.partition, 1);
  EXPECT_EQ(records.key(entry), "key");
  EXPECT_EQ(records.value(entry), "{\"a\":1}");
  EXPECT_TRUE(records.headers(entry).empty());
}

TEST(Outbox, IsEmptyAfterClear) {
  Outbox records;
  records.add(0, 0, "key", "value");
  records.clear();
  EXPECT_TRUE(records.entries().empty());
  EXPECT_EQ(records.size(), 0U);
}

TEST(Signal, IsKeptForAWaitThatBeginsLater) {
  Signal signal;
  signal.notify();
  EXPECT_TRUE(signal.wait_for(milliseconds(0)));
  EXPECT_FALSE(signal.wait_for(milliseconds(0)));
}

TEST(Signal, WakesAWaitingThread) {
  Signal signal;
  std::thread other([&] { signal.notify(); });
  EXPECT_TRUE(signal.wait_for(std::chrono::minutes(1)));
  other.join();
}

}  // namespace
}  // namespace weir
