// Errors of brokers, injected by librdkafka's mock cluster. It knows no real transactions: what
// holds in the log is tested on a real broker (tests/integration/kafka_contract.cc).
#include "connectors/kafka/kafka_log.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>

namespace weir {
namespace {

/// No client outlives its test: librdkafka counts its threads.
struct NoClientIsLeft final : testing::Environment {
  void TearDown() override { EXPECT_EQ(rd_kafka_thread_cnt(), 0); }
};
const auto* const no_client_is_left = testing::AddGlobalTestEnvironment(new NoClientIsLeft);

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Numbers of requests in Kafka's protocol.
constexpr std::int16_t kProduce = 0;
constexpr std::int16_t kJoinGroup = 11;
constexpr std::int16_t kInitProducerId = 22;
constexpr std::int16_t kAddOffsets = 25;
constexpr std::int16_t kEndTransaction = 26;

class MockCluster {
 public:
  MockCluster() {
    std::array<char, 512> text{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", nullptr, 0);
    host_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
    cluster_ = rd_kafka_mock_cluster_new(host_, 1);
    rd_kafka_mock_topic_create(cluster_, "t", 2, 1);
  }
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(host_);
  }
  MockCluster(const MockCluster&) = delete;

  kafka::Properties properties() const {
    return {{"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_)},
            {"batch.size", "1000000"}};  // else topics are asked for theirs, which it cannot answer
  }
  void answer(std::int16_t request, rd_kafka_resp_err_t error, int times = 1) {
    for (int i = 0; i < times; ++i) rd_kafka_mock_push_request_errors(cluster_, request, 1, error);
  }
  void answer_late(std::int16_t request, rd_kafka_resp_err_t error, milliseconds delay) {
    rd_kafka_mock_broker_push_request_error_rtts(cluster_, 1, request, 1, error,
                                                 static_cast<int>(delay.count()));
  }
  void down() { rd_kafka_mock_broker_set_down(cluster_, 1); }

 private:
  rd_kafka_t* host_;
  rd_kafka_mock_cluster_t* cluster_;
};

class KafkaErrors : public testing::Test {
 protected:
  Commit commit() {
    Outbox records;
    records.add(0, 0, "key", "value");
    const CommittedOffset offset{"t", 0, 1};
    return writer_->commit(records, {&offset, 1}, reason_);
  }

  /// What fails, and how; fails the test if nothing does.
  template <class Call>
  static LogFailure failure_of(Call call) {
    try {
      call();
    } catch (const LogFailure& failure) {
      return failure;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {LogFailure::Kind::unreachable, ""};
  }

  static kafka::Properties with(kafka::Properties properties, const kafka::Properties& more) {
    for (const auto& [name, value] : more) properties[name] = value;
    return properties;
  }

  MockCluster cluster_;
  KafkaLog log_{with(cluster_.properties(), {{"transaction.timeout.ms", "2000"}})};
  std::unique_ptr<LogWriter> writer_ = log_.writer("weir.test.0", {"t"});
  std::string reason_;
};

TEST_F(KafkaErrors, ACommitIsTriedAgainWhileTheErrorMayPass) {
  cluster_.answer(kEndTransaction, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 3);
  EXPECT_EQ(commit(), Commit::done) << reason_;
}

TEST_F(KafkaErrors, OffsetsAreSentAgainWhileTheErrorMayPass) {
  cluster_.answer(kAddOffsets, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, 3);
  EXPECT_EQ(commit(), Commit::done) << reason_;
}

TEST_F(KafkaErrors, AFencedProducerIsFenced) {
  cluster_.answer(kEndTransaction, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
  EXPECT_EQ(commit(), Commit::fenced);
  EXPECT_FALSE(reason_.empty());
}

TEST_F(KafkaErrors, FencedAfterTheTransactionTimeoutIsUnknown) {
  cluster_.answer_late(kEndTransaction, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, milliseconds(1200));
  EXPECT_EQ(commit(), Commit::unknown);
  EXPECT_NE(reason_.find("transaction.timeout.ms: 2000"), std::string::npos) << reason_;
}

TEST_F(KafkaErrors, AtLeastOnceARecordThatIsNotDeliveredInTimeIsUnknown) {
  writer_ = log_.writer("weir.test.0", {"t", "t"}, Delivery::at_least_once);
  ASSERT_EQ(commit(), Commit::done) << reason_;
  cluster_.down();
  const auto begun = steady_clock::now();
  EXPECT_EQ(commit(), Commit::unknown);
  EXPECT_LT(steady_clock::now() - begun, milliseconds(6000));
  EXPECT_NE(reason_.find("weir.test.0"), std::string::npos) << reason_;
}

TEST_F(KafkaErrors, AtLeastOnceAFencedProducerIsFenced) {
  writer_ = log_.writer("weir.test.0", {"t", "t"}, Delivery::at_least_once);
  cluster_.answer(kEndTransaction, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
  EXPECT_EQ(commit(), Commit::fenced);
  EXPECT_FALSE(reason_.empty());
}

TEST_F(KafkaErrors, AtLeastOnceAWriterWithoutTheRightToWriteIsRefused) {
  writer_ = log_.writer("weir.test.0", {"t", "t"}, Delivery::at_least_once);
  cluster_.answer(kProduce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  EXPECT_EQ(failure_of([&] { commit(); }).kind, LogFailure::Kind::refused);
}

TEST_F(KafkaErrors, AMemberWithoutTheRightToItsGroupIsRefused) {
  cluster_.answer(kJoinGroup, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 5);
  Signal signal;
  const auto member = log_.join("g", "t", "", signal);
  const auto deadline = steady_clock::now() + std::chrono::seconds(20);
  const LogFailure failure = failure_of([&] {
    while (steady_clock::now() < deadline) {
      member->poll([](auto, bool) {});
      signal.wait_for(milliseconds(100));
    }
  });
  EXPECT_EQ(failure.kind, LogFailure::Kind::refused);
  EXPECT_NE(std::string(failure.what()).find("partitions of t in group g"), std::string::npos)
      << failure.what();
}

TEST_F(KafkaErrors, AMemberEndsThoughNoBrokerIsThere) {
  Signal signal;
  auto member = log_.join("g", "t", "", signal);
  const auto deadline = steady_clock::now() + std::chrono::seconds(20);
  while (!member->joined() && steady_clock::now() < deadline) {
    member->poll([](auto, bool) {});
    signal.wait_for(milliseconds(100));
  }
  ASSERT_TRUE(member->joined());
  cluster_.down();
  const auto begun = steady_clock::now();
  member.reset();
  EXPECT_LT(steady_clock::now() - begun, milliseconds(6000));
}

TEST_F(KafkaErrors, AnUnansweredCommitIsUnknownWithinTheTransactionTimeout) {
  ASSERT_EQ(commit(), Commit::done);
  cluster_.down();
  const auto begun = steady_clock::now();
  EXPECT_EQ(commit(), Commit::unknown);
  EXPECT_LT(steady_clock::now() - begun, milliseconds(6000));
  EXPECT_NE(reason_.find("weir.test.0"), std::string::npos) << reason_;
}

TEST_F(KafkaErrors, AnErrorThatNobodyKnowsIsUnknown) {
  cluster_.answer(kEndTransaction, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE);
  EXPECT_EQ(commit(), Commit::unknown);
}

TEST_F(KafkaErrors, ALostSequenceOfProduceRequestsIsUnknown) {
  cluster_.answer(kProduce, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  EXPECT_EQ(commit(), Commit::unknown);
}

TEST_F(KafkaErrors, AWriterWithoutTheRightToWriteIsRefused) {
  cluster_.answer(kProduce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  const LogFailure failure = failure_of([&] { commit(); });
  EXPECT_EQ(failure.kind, LogFailure::Kind::refused);
  EXPECT_NE(std::string(failure.what()).find("authorization"), std::string::npos) << failure.what();
}

TEST_F(KafkaErrors, ATakeoverWithoutTheRightToItIsRefused) {
  cluster_.answer(kInitProducerId, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  EXPECT_EQ(failure_of([&] { log_.writer("weir.other.0", {"t"}); }).kind,
            LogFailure::Kind::refused);
}

TEST(KafkaLog, SaysWithinItsAnswerTimeThatNoBrokerIsThere) {
  KafkaLog log({{"bootstrap.servers", "127.0.0.1:1"}}, milliseconds(500));
  const auto begun = steady_clock::now();
  for (const auto& ask : std::vector<std::function<void()>>{
           [&] { log.partitions("t"); }, [&] { log.offsets("t", 0); },
           [&] { log.offset_at("t", 0, 1000); }, [&] { log.create_topic("t", 1, {}); },
           [&] { log.reader("t"); }, [&] { log.writer("w", {"t"}); }}) {
    try {
      ask();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const LogFailure& failure) {
      EXPECT_EQ(failure.kind, LogFailure::Kind::unreachable);
      EXPECT_NE(std::string(failure.what()).find("127.0.0.1:1"), std::string::npos)
          << failure.what();
    }
  }
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(12));
}

TEST(KafkaLog, RefusesPropertiesThatDoNotFitWithoutPrintingSecrets) {
  try {
    KafkaLog log({{"bootstrap.servers", "127.0.0.1:1"},
                  {"security.protocol", "sasl_ssl"},
                  {"sasl.mechanism", "SCRAM-SHA-512"},
                  {"sasl.username", "user"},
                  {"sasl.password", "hunter2"},
                  {"ssl.ca.location", "/does/not/exist"}});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const LogFailure& failure) {
    EXPECT_EQ(failure.kind, LogFailure::Kind::refused);
    EXPECT_NE(std::string(failure.what()).find("ssl.ca.location"), std::string::npos);
    EXPECT_EQ(std::string(failure.what()).find("hunter2"), std::string::npos);
  }
}

TEST(KafkaProperty, IsCheckedOffline) {
  EXPECT_EQ(kafka_property("bootstrap.servers", "localhost:9092"), "");
  EXPECT_EQ(kafka_property("compression.type", "zstd"), "");
  EXPECT_EQ(kafka_property("compresion.type", "zstd"),
            "librdkafka has no property compresion.type");
  EXPECT_NE(kafka_property("compression.type", "zip"), "");
  EXPECT_NE(kafka_property("linger.ms", "soon"), "");
}

}  // namespace
}  // namespace weir
