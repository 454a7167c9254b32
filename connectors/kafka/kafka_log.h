#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/log/log.h"

namespace weir {

namespace kafka {
class Client;

/// Properties of librdkafka by name, as under `kafka:`.
using Properties = std::map<std::string, std::string>;
}  // namespace kafka

/// The log as topics of an Apache Kafka (2.5 or later; KIP-447), by librdkafka's C API.
///
/// Topics are read committed, from our own positions, without a consumer group. An epoch is one
/// transaction; its offsets go to the group that the identity names: `weir.fraud` for
/// `weir.fraud.0`. A group member is a separate consumer that reads nothing. Threads: two of
/// librdkafka's for each reader, writer (four at least once), member and broker. Limits: 16 MiB of
/// records are fetched ahead for a partition (`queued.max.messages.kbytes`), less when a topic has
/// more than four.
class KafkaLog final : public Log {
 public:
  /// How long a query of the brokers may take before they count as `unreachable`.
  static constexpr std::chrono::seconds kAnswerTime{10};
  /// The same for taking over an identity, which waits for the older owner's transaction to end.
  static constexpr std::chrono::seconds kTakeoverTime{40};

  /// Connects in the background. Throws LogFailure (`refused`) for properties that do not fit.
  explicit KafkaLog(kafka::Properties properties,
                    std::chrono::milliseconds answer_time = kAnswerTime);
  ~KafkaLog() override;

  using Log::partitions;
  std::optional<std::int32_t> partitions(const std::string& topic,
                                         std::chrono::milliseconds patience) override;
  void create_topic(const std::string& topic, std::int32_t partitions,
                    const std::map<std::string, std::string>& settings) override;
  TopicSettings settings(const std::string& topic) override;
  using Log::offsets;
  OffsetRange offsets(const std::string& topic, std::int32_t partition,
                      std::chrono::milliseconds patience) override;
  std::int64_t offset_at(const std::string& topic, std::int32_t partition,
                         std::int64_t time_ms) override;
  void delete_records(const std::string& topic, std::int32_t partition,
                      std::int64_t before) override;
  std::unique_ptr<RecordReader> reader(const std::string& topic) override;
  using Log::writer;
  std::unique_ptr<LogWriter> writer(const std::string& identity, std::vector<std::string> topics,
                                    Delivery delivery) override;
  std::unique_ptr<Membership> join(const std::string& group, const std::string& topic,
                                   const std::string& instance, Signal& signal) override;

 private:
  std::int64_t smallest_limit(const std::vector<std::string>& topics);
  kafka::Properties writer_properties(const std::vector<std::string>& topics);

  kafka::Properties properties_;
  std::unique_ptr<kafka::Client> client_;  // for questions
  std::mutex mutex_;
  std::map<std::string, std::int64_t> limits_;  // max.message.bytes of topics written, asked once
};

/// What librdkafka finds wrong with a property under `kafka:`, or empty. Offline: nothing is
/// opened. (Which properties are weir's own is the configuration's to say.)
std::string kafka_property(const std::string& name, const std::string& value);

}  // namespace weir
