#include "connectors/kafka/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace weir::kafka {
namespace {

bool rejects(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR__SSL ||
         error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) !=
      RD_KAFKA_CONF_OK)
    throw LogFailure(LogFailure::Kind::refused, text.data());
}

rd_kafka_resp_err_t count_led_partitions(rd_kafka_t* handle, rd_kafka_topic_t* topic, int time_ms,
                                         std::int32_t& count) {
  const rd_kafka_metadata_t* answer = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(handle, 0, topic, &answer, time_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
  const Owned<const rd_kafka_metadata_t> owned(answer);
  if (answer->topic_cnt != 1) return RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  const rd_kafka_metadata_topic& found = answer->topics[0];
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return found.err;
  for (int i = 0; i < found.partition_cnt; ++i)
    if (found.partitions[i].leader < 0) return RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
  count = found.partition_cnt;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

// Why each differs from librdkafka's own: retries soon enough for epochs of 100 ms, a restarted
// broker found within a second, no waiting for small packets to fill.
const Properties kDefaults = {
    {"reconnect.backoff.max.ms", "1000"}, {"socket.connection.setup.timeout.ms", "5000"},
    {"socket.nagle.disable", "true"},     {"topic.metadata.refresh.fast.interval.ms", "100"},
    {"retry.backoff.ms", "20"},           {"client.id", "weir"}};

/// Of members of a group. Every consumer has them: librdkafka compares the two times with each
/// other though a consumer has no group.
Properties group_defaults(const Properties& user) {
  std::string session = "10000";
  std::string poll = "30000";
  if (const auto found = user.find("session.timeout.ms"); found != user.end())
    session = found->second;
  if (session.size() > poll.size() || (session.size() == poll.size() && session > poll))
    poll = session;
  return {{"session.timeout.ms", session},
          {"heartbeat.interval.ms", "1000"},
          {"max.poll.interval.ms", poll}};
}

}  // namespace

int Deadline::left_ms(std::chrono::milliseconds most) const {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(at_ - Clock::now());
  return static_cast<int>(std::clamp(left, std::chrono::milliseconds(1), most).count());
}

Client::Client(rd_kafka_type_t type, const Properties& user, const Properties& defaults,
               const Properties& fixed, std::chrono::milliseconds answer_time, Rebalance rebalance)
    : answer_time_(answer_time), rebalance_(std::move(rebalance)) {
  Properties settings = fixed;
  settings.insert(user.begin(), user.end());
  settings.insert(defaults.begin(), defaults.end());
  if (type == RD_KAFKA_CONSUMER) settings.merge(group_defaults(user));
  settings.insert(kDefaults.begin(), kDefaults.end());
  servers_ = settings["bootstrap.servers"];

  Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  for (const auto& [name, value] : settings) set(conf.get(), name, value);
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_log_cb(conf.get(), &Client::on_log);
  rd_kafka_conf_set_error_cb(conf.get(), &Client::on_error);
  if (rebalance_) rd_kafka_conf_set_rebalance_cb(conf.get(), &Client::on_rebalance);
  if (type == RD_KAFKA_PRODUCER) {
    set(conf.get(), "delivery.report.only.error", "true");
    rd_kafka_conf_set_dr_msg_cb(conf.get(), &Client::on_undelivered);
  }
  std::array<char, 512> text{};
  handle_ = rd_kafka_new(type, conf.get(), text.data(), text.size());
  if (!handle_) throw LogFailure(LogFailure::Kind::refused, text.data());
  conf.release();
}

Client::~Client() { destroy(); }

void Client::destroy() {
  rd_kafka_t* handle = std::exchange(handle_, nullptr);
  if (!handle) return;
  if (rd_kafka_type(handle) == RD_KAFKA_PRODUCER)
    rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

std::string Client::setting(const char* name) const {
  std::array<char, 512> text{};
  std::size_t size = text.size();
  rd_kafka_conf_get(rd_kafka_conf(handle_), name, text.data(), &size);
  return text.data();
}

rd_kafka_resp_err_t Client::take_undelivered() {
  return undelivered_.exchange(RD_KAFKA_RESP_ERR_NO_ERROR);
}

LogFailure Client::failure(const std::string& what, rd_kafka_resp_err_t error,
                           const std::string& text) const {
  const bool passing = is_transient(error);
  std::string why = text.empty() ? rd_kafka_err2str(error) : text;
  const std::lock_guard lock(mutex_);
  if (passing && !last_error_.empty()) why += "; last error: " + last_error_;
  return {passing ? LogFailure::Kind::unreachable : LogFailure::Kind::refused,
          fmt::format("{} at {}: {}", what, servers_, why)};
}

void Client::throw_if_rejected(const std::string& what) const {
  poll();
  if (answered_ || !rejected_) return;
  const std::lock_guard lock(mutex_);
  throw LogFailure(LogFailure::Kind::refused,
                   fmt::format("{} at {}: {}", what, servers_, last_error_));
}

void Client::on_log(const rd_kafka_t* handle, int level, const char*, const char* text) {
  constexpr int kSyslogError = 3;
  auto* self = static_cast<Client*>(rd_kafka_opaque(handle));
  if (level > kSyslogError || !self) return;
  const std::lock_guard lock(self->mutex_);
  self->last_error_ = text;
}

void Client::on_error(rd_kafka_t*, int error, const char* reason, void* opaque) {
  auto* self = static_cast<Client*>(opaque);
  const auto code = static_cast<rd_kafka_resp_err_t>(error);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;  // says less than what came before
  const std::lock_guard lock(self->mutex_);
  self->last_error_ = reason;
  if (rejects(code)) self->rejected_ = true;
}

void Client::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t what,
                          rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  static_cast<Client*>(opaque)->rebalance_(what, *partitions);
}

void Client::on_undelivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<Client*>(opaque);
  rd_kafka_resp_err_t none = RD_KAFKA_RESP_ERR_NO_ERROR;
  self->undelivered_.compare_exchange_strong(none, message->err);
}

Owned<rd_kafka_topic_partition_list_t> offset_list(std::span<const CommittedOffset> offsets) {
  Owned<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const CommittedOffset& at : offsets)
    rd_kafka_topic_partition_list_add(list.get(), at.topic.c_str(), at.partition)->offset =
        at.offset;
  return list;
}

std::optional<std::int32_t> count_partitions(Client& client, rd_kafka_topic_t* topic,
                                             std::chrono::milliseconds patience) {
  const std::string what = fmt::format("querying topic {}", rd_kafka_topic_name(topic));
  std::int32_t count = 0;
  const auto ask = [&](int time_ms) {
    return count_led_partitions(client.handle(), topic, time_ms, count);
  };
  const rd_kafka_resp_err_t error = ask_until(client, what, ask, patience);
  if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    return std::nullopt;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw client.failure(what, error);
  return count;
}

bool is_transient(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__DESTROY:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
      return true;
    default:
      return false;
  }
}

bool means_fenced(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__FENCED || error == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         error == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

}  // namespace weir::kafka
