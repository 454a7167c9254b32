#include "connectors/kafka/kafka_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <thread>

#include "connectors/kafka/client.h"
#include "connectors/kafka/kafka_admin.h"
#include "connectors/kafka/kafka_member.h"
#include "connectors/kafka/kafka_reader.h"
#include "connectors/kafka/kafka_writer.h"

namespace weir {

using namespace kafka;

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{20};

}  // namespace

KafkaLog::KafkaLog(kafka::Properties properties, std::chrono::milliseconds answer_time)
    : properties_(std::move(properties)),
      // Offsets asked for under read_committed would be the last stable ones.
      client_(std::make_unique<Client>(RD_KAFKA_CONSUMER, properties_, Properties{},
                                       Properties{{"isolation.level", "read_uncommitted"}},
                                       answer_time)) {}

KafkaLog::~KafkaLog() = default;

std::optional<std::int32_t> KafkaLog::partitions(const std::string& topic, milliseconds patience) {
  const std::string what = fmt::format("querying topic {}", topic);
  const Owned<rd_kafka_topic_t> handle(
      rd_kafka_topic_new(client_->handle(), topic.c_str(), nullptr));
  if (!handle) throw client_->failure(what, rd_kafka_last_error());
  return count_partitions(*client_, handle.get(), patience);
}

void KafkaLog::create_topic(const std::string& topic, std::int32_t partitions,
                            const std::map<std::string, std::string>& settings) {
  request_topic(*client_, topic, partitions, settings);
  const Deadline deadline(client_->answer_time());
  while (!this->partitions(topic)) {  // brokers learn of it one after another
    if (deadline.over())
      throw client_->failure(fmt::format("waiting for the new topic {}", topic),
                             RD_KAFKA_RESP_ERR__TIMED_OUT);
    std::this_thread::sleep_for(kPause);
  }
}

TopicSettings KafkaLog::settings(const std::string& topic) {
  return describe_topics(*client_, {topic}).front();
}

void KafkaLog::delete_records(const std::string& topic, std::int32_t partition,
                              std::int64_t before) {
  delete_before(*client_, topic, partition, before);
}

OffsetRange KafkaLog::offsets(const std::string& topic, std::int32_t partition,
                              milliseconds patience) {
  const std::string what = fmt::format("querying the offsets of {}[{}]", topic, partition);
  OffsetRange range;
  const auto ask = [&](int time_ms) {
    return rd_kafka_query_watermark_offsets(client_->handle(), topic.c_str(), partition,
                                            &range.first, &range.end, time_ms);
  };
  const rd_kafka_resp_err_t error = ask_until(*client_, what, ask, patience);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw client_->failure(what, error);
  return range;
}

std::int64_t KafkaLog::offset_at(const std::string& topic, std::int32_t partition,
                                 std::int64_t time_ms) {
  const std::string what =
      fmt::format("querying the offset of {}[{}] at {} ms", topic, partition, time_ms);
  const Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* at =
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  const rd_kafka_resp_err_t error = ask_until(*client_, what, [&](int wait_ms) {
    at->offset = std::max<std::int64_t>(time_ms, 0);  // negative ones mean something else
    const auto whole = rd_kafka_offsets_for_times(client_->handle(), list.get(), wait_ms);
    return whole != RD_KAFKA_RESP_ERR_NO_ERROR ? whole : at->err;
  });
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw client_->failure(what, error);
  return at->offset >= 0 ? at->offset : offsets(topic, partition).end;
}

std::unique_ptr<RecordReader> KafkaLog::reader(const std::string& topic) {
  const std::optional<std::int32_t> count = partitions(topic);
  if (!count)
    throw LogFailure(LogFailure::Kind::refused, fmt::format("there is no topic {}", topic));
  return std::make_unique<Reader>(*this, properties_, topic, *count, client_->answer_time());
}

// A broker counts max.message.bytes over what is sent at once, not over one record.
std::int64_t KafkaLog::smallest_limit(const std::vector<std::string>& topics) {
  const std::lock_guard lock(mutex_);
  std::set<std::string> unknown;
  for (const std::string& topic : topics)
    if (!limits_.contains(topic)) unknown.insert(topic);
  const std::vector<std::string> asked(unknown.begin(), unknown.end());
  try {
    const std::vector<TopicSettings> settings = describe_topics(*client_, asked);
    for (std::size_t i = 0; i < asked.size(); ++i) limits_[asked[i]] = settings[i].max_record_bytes;
  } catch (const LogFailure& failure) {  // writing does not need the right to ask
    if (failure.kind == LogFailure::Kind::unreachable) throw;
    for (const std::string& topic : asked) limits_[topic] = INT64_MAX;
  }
  std::int64_t limit = INT64_MAX;
  for (const std::string& topic : topics) limit = std::min(limit, limits_[topic]);
  return limit;
}

kafka::Properties KafkaLog::writer_properties(const std::vector<std::string>& topics) {
  constexpr std::int64_t kBatchSize = 1'000'000;  // librdkafka's own
  constexpr std::int64_t kFrame = 128;
  kafka::Properties properties = properties_;
  if (properties.contains("batch.size")) return properties;
  const std::int64_t most = smallest_limit(topics) - kFrame;
  if (most < kBatchSize) properties["batch.size"] = std::to_string(std::max<std::int64_t>(most, 1));
  return properties;
}

std::unique_ptr<LogWriter> KafkaLog::writer(const std::string& identity,
                                            std::vector<std::string> topics, Delivery delivery) {
  std::vector<Writer::Topic> known;
  for (const std::string& topic : topics) {
    const std::optional<std::int32_t> count = partitions(topic);
    if (!count)
      throw LogFailure(LogFailure::Kind::refused, fmt::format("there is no topic {}", topic));
    known.push_back({topic, *count, nullptr});
  }
  return std::make_unique<Writer>(writer_properties(topics), identity, std::move(known), delivery,
                                  client_->answer_time());
}

std::unique_ptr<Membership> KafkaLog::join(const std::string& group, const std::string& topic,
                                           const std::string& instance, Signal& signal) {
  if (!partitions(topic))
    throw LogFailure(LogFailure::Kind::refused, fmt::format("there is no topic {}", topic));
  return std::make_unique<Member>(properties_, group, topic, instance, signal,
                                  client_->answer_time());
}

std::string kafka_property(const std::string& name, const std::string& value) {
  const Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  std::array<char, 512> text{};
  switch (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text.data(), text.size())) {
    case RD_KAFKA_CONF_UNKNOWN:
      return fmt::format("librdkafka has no property {}", name);
    case RD_KAFKA_CONF_INVALID:
      return text.data();
    case RD_KAFKA_CONF_OK:
      break;
  }
  return {};
}

}  // namespace weir
