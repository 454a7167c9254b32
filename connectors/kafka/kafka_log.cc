#include "connectors/kafka/kafka_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

#include "connectors/kafka/client.h"
#include "connectors/kafka/kafka_reader.h"
#include "connectors/kafka/kafka_writer.h"

namespace weir {

using namespace kafka;

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{20};

Owned<rd_kafka_NewTopic_t> new_topic(const std::string& topic, std::int32_t partitions,
                                     const std::map<std::string, std::string>& settings) {
  constexpr int kBrokerDefault = -1;
  std::array<char, 512> text{};
  Owned<rd_kafka_NewTopic_t> wanted(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, kBrokerDefault, text.data(), text.size()));
  if (!wanted) throw LogFailure(LogFailure::Kind::refused, text.data());
  for (const auto& [name, value] : settings)
    rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
  return wanted;
}

}  // namespace

KafkaLog::KafkaLog(KafkaProperties properties, std::chrono::milliseconds answer_time)
    : properties_(std::move(properties)),
      // Offsets asked for under read_committed would be the last stable ones.
      client_(std::make_unique<Client>(RD_KAFKA_CONSUMER, properties_, Properties{},
                                       Properties{{"isolation.level", "read_uncommitted"}},
                                       answer_time)) {}

KafkaLog::~KafkaLog() = default;

std::optional<std::int32_t> KafkaLog::partitions(const std::string& topic) {
  const std::string what = fmt::format("asking for topic {}", topic);
  const Owned<rd_kafka_topic_t> handle(
      rd_kafka_topic_new(client_->handle(), topic.c_str(), nullptr));
  if (!handle) throw client_->failure(what, rd_kafka_last_error());
  return count_partitions(*client_, handle.get());
}

void KafkaLog::request_topic(const std::string& topic, std::int32_t partitions,
                             const std::map<std::string, std::string>& settings) {
  const std::string what = fmt::format("creating topic {}", topic);
  const Owned<rd_kafka_NewTopic_t> wanted = new_topic(topic, partitions, settings);
  const Owned<rd_kafka_queue_t> answers(rd_kafka_queue_new(client_->handle()));
  const int time_ms = static_cast<int>(client_->answer_time().count());
  const Owned<rd_kafka_AdminOptions_t> options(
      rd_kafka_AdminOptions_new(client_->handle(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
  std::array<char, 512> text{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), time_ms, text.data(), text.size());
  rd_kafka_NewTopic_t* topics[] = {wanted.get()};
  rd_kafka_CreateTopics(client_->handle(), topics, 1, options.get(), answers.get());

  const Owned<rd_kafka_event_t> answer(rd_kafka_queue_poll(answers.get(), time_ms + 1000));
  client_->throw_if_rejected(what);
  if (!answer) throw client_->failure(what, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (const auto error = rd_kafka_event_error(answer.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw client_->failure(what, error, rd_kafka_event_error_string(answer.get()));
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    const char* reason = rd_kafka_topic_result_error_string(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      continue;
    throw client_->failure(what, error, reason ? reason : "");
  }
}

void KafkaLog::create_topic(const std::string& topic, std::int32_t partitions,
                            const std::map<std::string, std::string>& settings) {
  request_topic(topic, partitions, settings);
  const Deadline deadline(client_->answer_time());
  while (!this->partitions(topic)) {  // brokers learn of it one after another
    if (deadline.over())
      throw client_->failure(fmt::format("waiting for the new topic {}", topic),
                             RD_KAFKA_RESP_ERR__TIMED_OUT);
    std::this_thread::sleep_for(kPause);
  }
}

OffsetRange KafkaLog::offsets(const std::string& topic, std::int32_t partition) {
  const std::string what = fmt::format("asking for the offsets of {}[{}]", topic, partition);
  OffsetRange range;
  const rd_kafka_resp_err_t error = ask_until(*client_, what, [&](int time_ms) {
    return rd_kafka_query_watermark_offsets(client_->handle(), topic.c_str(), partition,
                                            &range.first, &range.end, time_ms);
  });
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw client_->failure(what, error);
  return range;
}

std::int64_t KafkaLog::offset_at(const std::string& topic, std::int32_t partition,
                                 std::int64_t time_ms) {
  const std::string what =
      fmt::format("asking for the offset of {}[{}] at {} ms", topic, partition, time_ms);
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

std::unique_ptr<LogWriter> KafkaLog::writer(const std::string& identity,
                                            std::vector<std::string> topics) {
  std::vector<Writer::Topic> known;
  for (std::string& topic : topics) {
    const std::optional<std::int32_t> count = partitions(topic);
    if (!count)
      throw LogFailure(LogFailure::Kind::refused, fmt::format("there is no topic {}", topic));
    known.push_back({std::move(topic), *count, nullptr});
  }
  return std::make_unique<Writer>(properties_, identity, std::move(known), client_->answer_time());
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
