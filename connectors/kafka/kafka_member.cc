#include "connectors/kafka/kafka_member.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace weir::kafka {
namespace {

using std::chrono::milliseconds;

/// Closing waits for the coordinator to hear of it; without one the session ends by time.
constexpr milliseconds kCloseTime{3000};

Properties fixed_for(const std::string& group, const std::string& instance) {
  Properties fixed = {{"group.id", group},
                      {"partition.assignment.strategy", "range"},
                      {"enable.auto.commit", "false"},
                      {"enable.auto.offset.store", "false"}};
  if (!instance.empty()) fixed["group.instance.id"] = instance;
  return fixed;
}

bool refuses(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
    case RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED:
      return true;
    default:
      return false;
  }
}

}  // namespace

Member::Member(const Properties& properties, const std::string& group, const std::string& topic,
               const std::string& instance, Signal& signal, std::chrono::milliseconds answer_time)
    : instance_(instance),
      what_(fmt::format("sharing the partitions of {} in group {}", topic, group)),
      client_(RD_KAFKA_CONSUMER, properties, {}, fixed_for(group, instance), answer_time,
              [this](auto what, const auto& partitions) { rebalance(what, partitions); }),
      queue_(rd_kafka_queue_get_consumer(client_.handle())) {
  rd_kafka_queue_cb_event_enable(
      queue_.get(), [](rd_kafka_t*, void* waiting) { static_cast<Signal*>(waiting)->notify(); },
      &signal);
  const Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(client_.handle(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw client_.failure(what_, error);
  signal.notify();
}

Member::~Member() {
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  queue_.reset();
  close();
}

// Not rd_kafka_consumer_close, which has no time-out. A member with an instance says nothing.
void Member::close() {
  const Owned<rd_kafka_queue_t> last(rd_kafka_queue_new(client_.handle()));
  const Owned<rd_kafka_error_t> refused(
      rd_kafka_consumer_close_queue(client_.handle(), last.get()));
  if (refused) return;
  const Deadline deadline(kCloseTime);
  while (rd_kafka_consumer_closed(client_.handle()) == 0 && !deadline.over()) {
    const Owned<rd_kafka_event_t> event(
        rd_kafka_queue_poll(last.get(), deadline.left_ms(milliseconds(10))));
    if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE)
      rd_kafka_assign(client_.handle(), nullptr);
  }
}

std::span<const std::int32_t> Member::poll(const Release& release) {
  constexpr int kMost = 100;
  release_ = &release;
  for (int i = 0; i < kMost; ++i) {
    const Owned<rd_kafka_message_t> message(rd_kafka_consumer_poll(client_.handle(), 0));
    if (!message) break;
    // What was fetched before the pause took hold has no error, and no reader.
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) take_error(*message);
  }
  release_ = nullptr;
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  if (!joined_) client_.throw_if_rejected(what_);
  return owned_;
}

void Member::rebalance(rd_kafka_resp_err_t what,
                       const rd_kafka_topic_partition_list_t& partitions) {
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) return assign(partitions);
  assigned_ = false;
  give_up(rd_kafka_assignment_lost(client_.handle()) != 0);
  rd_kafka_assign(client_.handle(), nullptr);
}

void Member::assign(const rd_kafka_topic_partition_list_t& partitions) {
  const Owned<rd_kafka_topic_partition_list_t> mine(
      rd_kafka_topic_partition_list_copy(&partitions));
  owned_.clear();
  for (rd_kafka_topic_partition_t& each :
       std::span(mine->elems, static_cast<std::size_t>(mine->cnt))) {
    each.offset = RD_KAFKA_OFFSET_END;  // else the group's offsets would be asked for
    owned_.push_back(each.partition);
  }
  std::sort(owned_.begin(), owned_.end());
  rd_kafka_assign(client_.handle(), mine.get());
  rd_kafka_pause_partitions(client_.handle(), mine.get());
  joined_ = assigned_ = true;
  client_.answered();
}

void Member::give_up(bool lost) {
  if (owned_.empty() || release_ == nullptr) return;
  const std::vector<std::int32_t> ours = std::exchange(owned_, {});
  try {
    (*release_)(ours, lost);
  } catch (...) {  // may not pass through librdkafka
    thrown_ = std::current_exception();
  }
}

void Member::take_error(const rd_kafka_message_t& message) {
  std::array<char, 512> text{};
  const auto fatal = rd_kafka_fatal_error(client_.handle(), text.data(), text.size());
  const rd_kafka_resp_err_t error = fatal != RD_KAFKA_RESP_ERR_NO_ERROR ? fatal : message.err;
  if (fatal == RD_KAFKA_RESP_ERR_NO_ERROR && !refuses(error)) return;  // librdkafka goes on trying
  give_up(true);  // after a fatal error librdkafka takes the partitions away without a word
  release_ = nullptr;
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  if (error == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
    throw LogFailure(LogFailure::Kind::fenced,
                     fmt::format("{}: another member has joined as {}", what_, instance_));
  throw LogFailure(LogFailure::Kind::refused,
                   client_.failure(what_, error, rd_kafka_message_errstr(&message)).what());
}

}  // namespace weir::kafka
