// The contract of the log on a real broker: the one that WEIR_TEST_BROKER names (host:port).
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdlib>
#include <string>

#include "connectors/kafka/kafka_log.h"
#include "tests/connectors/log_contract/log_contract.h"

namespace weir {
namespace {

std::string broker() {
  const char* named = std::getenv("WEIR_TEST_BROKER");
  return named ? named : "";
}

/// A client of librdkafka made here, apart from what is tested.
class PlainClient {
 public:
  PlainClient(rd_kafka_type_t type, const std::map<std::string, std::string>& settings) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    std::array<char, 512> text{};
    rd_kafka_conf_set(conf, "bootstrap.servers", broker().c_str(), text.data(), text.size());
    for (const auto& [name, value] : settings)
      EXPECT_EQ(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()),
                RD_KAFKA_CONF_OK)
          << text.data();
    handle_ = rd_kafka_new(type, conf, text.data(), text.size());
    EXPECT_TRUE(handle_) << text.data();
  }
  ~PlainClient() { rd_kafka_destroy(handle_); }
  PlainClient(const PlainClient&) = delete;

  rd_kafka_t* get() const { return handle_; }

  void produce(const std::string& topic, std::int32_t partition, std::string value,
               std::int64_t timestamp = 0) const {
    std::array<rd_kafka_vu_t, 5> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic.c_str();
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = partition;
    parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[2].u.mem = {value.data(), value.size()};
    parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[3].u.i = RD_KAFKA_MSG_F_COPY;
    parts[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    parts[4].u.i64 = timestamp;
    EXPECT_EQ(rd_kafka_produceva(handle_, parts.data(), parts.size()), nullptr);
  }

  void flush() const { EXPECT_EQ(rd_kafka_flush(handle_, 30'000), RD_KAFKA_RESP_ERR_NO_ERROR); }

 private:
  rd_kafka_t* handle_;
};

/// A transaction that is begun and has records in the log.
class OpenTransaction {
 public:
  OpenTransaction(const std::string& topic, std::int32_t partition, int records)
      : producer_(RD_KAFKA_PRODUCER, {{"transactional.id", topic + ".open"}}) {
    EXPECT_EQ(rd_kafka_init_transactions(producer_.get(), 30'000), nullptr);
    EXPECT_EQ(rd_kafka_begin_transaction(producer_.get()), nullptr);
    for (int i = 0; i < records; ++i) producer_.produce(topic, partition, "not committed");
    producer_.flush();
  }
  void abort() { EXPECT_EQ(rd_kafka_abort_transaction(producer_.get(), 30'000), nullptr); }

 private:
  PlainClient producer_;
};

class KafkaUnderTest final : public LogUnderTest {
 public:
  Log& log() override { return log_; }

  void append(const std::string& topic, std::int32_t partition, const std::string& value,
              std::int64_t timestamp) override {
    producer_.produce(topic, partition, value, timestamp);
    producer_.flush();
  }

  void append_aborted(const std::string& topic, std::int32_t partition, int records) override {
    OpenTransaction(topic, partition, records).abort();
  }

  void expire(const Membership&) override {}  // max.poll.interval.ms does

  std::optional<std::int64_t> committed(const std::string& group, const std::string& topic,
                                        std::int32_t partition) override {
    const PlainClient consumer(RD_KAFKA_CONSUMER, {{"group.id", group}});
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
    EXPECT_EQ(rd_kafka_committed(consumer.get(), list, 30'000), RD_KAFKA_RESP_ERR_NO_ERROR);
    const std::int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return offset >= 0 ? std::optional(offset) : std::nullopt;
  }

 private:
  // The shortest session that a broker takes.
  KafkaLog log_{{{"bootstrap.servers", broker()},
                 {"session.timeout.ms", "6000"},
                 {"max.poll.interval.ms", "6000"}}};
  PlainClient producer_{RD_KAFKA_PRODUCER, {{"linger.ms", "0"}}};
};

INSTANTIATE_TEST_SUITE_P(Kafka, LogContract, testing::Values([] {
                           return std::unique_ptr<LogUnderTest>(new KafkaUnderTest);
                         }));

using KafkaLogContract = LogContract;
INSTANTIATE_TEST_SUITE_P(Kafka, KafkaLogContract, testing::Values([] {
                           return std::unique_ptr<LogUnderTest>(new KafkaUnderTest);
                         }));

TEST_P(KafkaLogContract, AnOpenTransactionHidesWhatFollowsUntilItEnds) {
  const std::string topic = fresh_topic();
  under_test_->append(topic, 0, "before", 1000);
  OpenTransaction open(topic, 0, 3);
  under_test_->append(topic, 0, "behind", 1000);
  EXPECT_EQ(log_.offsets(topic, 0).end, 5);  // the high watermark, not the last stable offset

  Signal signal;
  const auto reader = log_.reader(topic);
  const PartitionOffset position{0, 0};
  reader->start({&position, 1}, signal);
  EXPECT_EQ(values_of(read_until(*reader, signal, 0, 1)), RecordValues{"before"});
  std::vector<Record> records;
  EXPECT_EQ(reader->fetch(0, 10, records).next, 1);
  open.abort();
  EXPECT_EQ(values_of(read_until(*reader, signal, 0, 6)), RecordValues{"behind"});
}

TEST_P(KafkaLogContract, ANewWriterEndsTheOpenTransactionOfTheOlder) {
  const std::string topic = fresh_topic();
  OpenTransaction open(topic, 0, 3);
  const auto writer = log_.writer(topic + ".open", {topic});
  ASSERT_EQ(commit(*writer, outbox({"a"})), Commit::done);
  EXPECT_EQ(values_of(read(topic)), RecordValues{"a"});
}

TEST_P(KafkaLogContract, RefusesARecordOverTheLimitOfTheTopic) {
  const std::string topic = fresh("small");
  log_.create_topic(topic, 1, {{"max.message.bytes", "1000"}});
  const auto writer = log_.writer(fresh("writer"), {topic});
  EXPECT_EQ(failure_of([&] { commit(*writer, outbox({std::string(2000, 'x')})); }),
            LogFailure::Kind::refused);
}

TEST_P(KafkaLogContract, SendsNoMoreAtOnceThanATopicTakes) {
  const std::string topic = fresh("small");
  log_.create_topic(topic, 1, {{"max.message.bytes", "5000"}});
  for (const Delivery delivery : {Delivery::exactly_once, Delivery::plain}) {
    const auto writer = log_.writer(fresh("writer"), {topic}, delivery);
    EXPECT_EQ(commit(*writer, outbox(RecordValues(1000, std::string(100, 'x')))), Commit::done);
    EXPECT_EQ(commit(*writer, outbox({std::string(4800, 'x')})), Commit::done);
  }
  EXPECT_EQ(read(topic).size(), 2002U);
}

TEST_P(KafkaLogContract, PassesTheUsersPropertiesThrough) {
  KafkaLog log({{"bootstrap.servers", broker()},
                {"compression.type", "zstd"},
                {"message.max.bytes", "5000"}});
  const std::string topic = fresh_topic();
  const auto writer = log.writer(fresh("writer"), {topic});
  EXPECT_LE(writer->max_record_bytes(), 5000U);
  ASSERT_EQ(commit(*writer, outbox(RecordValues(1000, std::string(100, 'x')))), Commit::done);
  EXPECT_EQ(read(topic).size(), 1000U);
  EXPECT_EQ(failure_of([&] { commit(*writer, outbox({std::string(6000, 'x')})); }),
            LogFailure::Kind::refused);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (weir::broker().empty()) {
    std::fputs("WEIR_TEST_BROKER names no broker (host:port)\n", stderr);
    return 2;
  }
  return RUN_ALL_TESTS();
}
