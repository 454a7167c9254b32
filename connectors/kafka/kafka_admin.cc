#include "connectors/kafka/kafka_admin.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <span>
#include <string_view>

namespace weir::kafka {
namespace {

void check_answer(const Client& client, const std::string& what, rd_kafka_resp_err_t error,
                  const char* text) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw client.failure(what, error, text ? text : "");
}

/// Sends a request (`send(options, answers)`) and waits for its answer.
template <class Send>
Owned<rd_kafka_event_t> ask_admin(Client& client, rd_kafka_admin_op_t request,
                                  const std::string& what, Send send) {
  const Owned<rd_kafka_queue_t> answers(rd_kafka_queue_new(client.handle()));
  const int time_ms = static_cast<int>(client.answer_time().count());
  const Owned<rd_kafka_AdminOptions_t> options(rd_kafka_AdminOptions_new(client.handle(), request));
  std::array<char, 512> text{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), time_ms, text.data(), text.size());
  send(options.get(), answers.get());

  Owned<rd_kafka_event_t> answer(rd_kafka_queue_poll(answers.get(), time_ms + 1000));
  client.throw_if_rejected(what);
  if (!answer) throw client.failure(what, RD_KAFKA_RESP_ERR__TIMED_OUT);
  check_answer(client, what, rd_kafka_event_error(answer.get()),
               rd_kafka_event_error_string(answer.get()));
  client.answered();
  return answer;
}

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

void take_number(std::string_view text, std::int64_t& number) {
  std::from_chars(text.data(), text.data() + text.size(), number);
}

void take_setting(std::string_view name, std::string_view value, TopicSettings& settings) {
  if (name == "cleanup.policy") {
    settings.compacted = value.find("compact") != std::string_view::npos;
    settings.deletes = !settings.compacted || value.find("delete") != std::string_view::npos;
  } else if (name == "retention.ms") {
    take_number(value, settings.retention_ms);
  } else if (name == "retention.bytes") {
    take_number(value, settings.retention_bytes);
  } else if (name == "min.compaction.lag.ms") {
    take_number(value, settings.min_compaction_lag_ms);
  } else if (name == "max.message.bytes") {
    take_number(value, settings.max_record_bytes);
  }
}

}  // namespace

void request_topic(Client& client, const std::string& topic, std::int32_t partitions,
                   const std::map<std::string, std::string>& settings) {
  const std::string what = fmt::format("creating topic {}", topic);
  const Owned<rd_kafka_NewTopic_t> wanted = new_topic(topic, partitions, settings);
  rd_kafka_NewTopic_t* topics[] = {wanted.get()};
  const auto answer =
      ask_admin(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, what,
                [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* answers) {
                  rd_kafka_CreateTopics(client.handle(), topics, 1, options, answers);
                });
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
  for (const rd_kafka_topic_result_t* result : std::span(results, count))
    if (rd_kafka_topic_result_error(result) != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      check_answer(client, what, rd_kafka_topic_result_error(result),
                   rd_kafka_topic_result_error_string(result));
}

std::vector<TopicSettings> describe_topics(Client& client, const std::vector<std::string>& topics) {
  if (topics.empty()) return {};
  const std::string what =
      fmt::format("querying the settings of topic {}", fmt::join(topics, ", "));
  std::vector<Owned<rd_kafka_ConfigResource_t>> owned;
  std::vector<rd_kafka_ConfigResource_t*> resources;
  for (const std::string& topic : topics) {
    owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    resources.push_back(owned.back().get());
  }
  const auto answer = ask_admin(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, what,
                                [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* answers) {
                                  rd_kafka_DescribeConfigs(client.handle(), resources.data(),
                                                           resources.size(), options, answers);
                                });
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** results = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(answer.get()), &count);
  std::map<std::string_view, TopicSettings> settings;
  for (const rd_kafka_ConfigResource_t* result : std::span(results, count)) {
    check_answer(client, what, rd_kafka_ConfigResource_error(result),
                 rd_kafka_ConfigResource_error_string(result));
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** all = rd_kafka_ConfigResource_configs(result, &entries);
    for (const rd_kafka_ConfigEntry_t* entry : std::span(all, entries))
      if (const char* value = rd_kafka_ConfigEntry_value(entry))
        take_setting(rd_kafka_ConfigEntry_name(entry), value,
                     settings[rd_kafka_ConfigResource_name(result)]);
  }
  std::vector<TopicSettings> in_order;
  for (const std::string& topic : topics) in_order.push_back(settings[topic]);
  return in_order;
}

void delete_before(Client& client, const std::string& topic, std::int32_t partition,
                   std::int64_t before) {
  if (before <= 0) return;  // Kafka takes -1 for the end
  const std::string what =
      fmt::format("deleting the records of {}[{}] below offset {}", topic, partition, before);
  const Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = before;
  const Owned<rd_kafka_DeleteRecords_t> deletion(rd_kafka_DeleteRecords_new(list.get()));
  rd_kafka_DeleteRecords_t* deletions[] = {deletion.get()};
  const auto answer =
      ask_admin(client, RD_KAFKA_ADMIN_OP_DELETERECORDS, what,
                [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* answers) {
                  rd_kafka_DeleteRecords(client.handle(), deletions, 1, options, answers);
                });
  const rd_kafka_topic_partition_list_t* results =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(answer.get()));
  for (const rd_kafka_topic_partition_t& result :
       std::span(results->elems, static_cast<std::size_t>(results->cnt)))
    check_answer(client, what, result.err, nullptr);
}

}  // namespace weir::kafka
