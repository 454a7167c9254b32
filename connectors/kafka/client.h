#pragma once

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "connectors/kafka/kafka_log.h"
#include "pipeline/core/log/log.h"

namespace weir::kafka {

/// Frees what librdkafka made.
struct Free {
  void operator()(rd_kafka_conf_t* each) const { rd_kafka_conf_destroy(each); }
  void operator()(rd_kafka_topic_t* each) const { rd_kafka_topic_destroy(each); }
  void operator()(rd_kafka_queue_t* each) const { rd_kafka_queue_destroy(each); }
  void operator()(rd_kafka_event_t* each) const { rd_kafka_event_destroy(each); }
  void operator()(rd_kafka_error_t* each) const { rd_kafka_error_destroy(each); }
  void operator()(rd_kafka_message_t* each) const { rd_kafka_message_destroy(each); }
  void operator()(const rd_kafka_metadata_t* each) const { rd_kafka_metadata_destroy(each); }
  void operator()(rd_kafka_NewTopic_t* each) const { rd_kafka_NewTopic_destroy(each); }
  void operator()(rd_kafka_ConfigResource_t* each) const { rd_kafka_ConfigResource_destroy(each); }
  void operator()(rd_kafka_DeleteRecords_t* each) const { rd_kafka_DeleteRecords_destroy(each); }
  void operator()(rd_kafka_AdminOptions_t* each) const { rd_kafka_AdminOptions_destroy(each); }
  void operator()(rd_kafka_headers_t* each) const { rd_kafka_headers_destroy(each); }
  void operator()(rd_kafka_topic_partition_list_t* each) const {
    rd_kafka_topic_partition_list_destroy(each);
  }
  void operator()(rd_kafka_consumer_group_metadata_t* each) const {
    rd_kafka_consumer_group_metadata_destroy(each);
  }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// A moment after which a call gives up.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds time) : at_(Clock::now() + time) {}
  bool over() const { return Clock::now() >= at_; }
  /// Milliseconds left, at most `most`, at least 1.
  int left_ms(std::chrono::milliseconds most = std::chrono::hours(1)) const;

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point at_;
};

/// One handle of librdkafka with its errors. Nothing is printed: what librdkafka says is kept for
/// the text of the next failure.
class Client {
 public:
  /// Called within rd_kafka_consumer_poll when the partitions of a subscribing consumer change.
  /// Calls rd_kafka_assign; does not throw.
  using Rebalance =
      std::function<void(rd_kafka_resp_err_t, const rd_kafka_topic_partition_list_t&)>;

  /// The user's properties win over `defaults`, `fixed` over both. Throws LogFailure (`refused`)
  /// when librdkafka does not take them.
  Client(rd_kafka_type_t type, const Properties& user, const Properties& defaults,
         const Properties& fixed, std::chrono::milliseconds answer_time, Rebalance rebalance = {});
  ~Client();
  Client(const Client&) = delete;

  rd_kafka_t* handle() const { return handle_; }
  /// How long a question may take.
  std::chrono::milliseconds answer_time() const { return answer_time_; }
  /// Gives callbacks their turn, without waiting.
  void poll() const { rd_kafka_poll(handle_, 0); }
  /// Drops what has not been sent, so that none of the caller's memory is in use.
  void destroy();
  /// A setting as librdkafka understood it.
  std::string setting(const char* name) const;
  /// The error of the first record that was not delivered since the last call.
  rd_kafka_resp_err_t take_undelivered();

  /// The failure that an error of librdkafka means: `unreachable` if it is transient, else
  /// `refused`.
  LogFailure failure(const std::string& what, rd_kafka_resp_err_t error,
                     const std::string& text = {}) const;
  /// Notes that a broker has answered: a later rejection may be transient, as during a restart.
  void answered() { answered_ = true; }
  /// Throws `refused` when our login was rejected and no broker ever answered: waiting will not
  /// help.
  void throw_if_rejected(const std::string& what) const;

 private:
  static void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text);
  static void on_error(rd_kafka_t* handle, int error, const char* reason, void* self);
  static void on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t what,
                           rd_kafka_topic_partition_list_t* partitions, void* self);
  static void on_undelivered(rd_kafka_t* handle, const rd_kafka_message_t* message, void* self);

  rd_kafka_t* handle_ = nullptr;
  std::string servers_;
  std::chrono::milliseconds answer_time_;
  Rebalance rebalance_;
  mutable std::mutex mutex_;
  std::string last_error_;
  std::atomic<bool> rejected_ = false;
  std::atomic<bool> answered_ = false;
  std::atomic<rd_kafka_resp_err_t> undelivered_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

/// Whether an error is transient (no broker, no leader, no coordinator at the moment).
bool is_transient(rd_kafka_resp_err_t error);
/// Whether an error says that a newer owner of the transactional id has taken over.
bool means_fenced(rd_kafka_resp_err_t error);

/// Offsets as librdkafka takes them.
Owned<rd_kafka_topic_partition_list_t> offset_list(std::span<const CommittedOffset> offsets);

/// The number of partitions of a topic. Asked again, within `patience` and the client's answer
/// time, while it has one without a leader; throws LogFailure; nothing when there is no topic.
std::optional<std::int32_t> count_partitions(
    Client& client, rd_kafka_topic_t* topic,
    std::chrono::milliseconds patience = std::chrono::milliseconds::max());

/// Asks (`ask(time_ms)` -> error) until there is no error, or one that will not pass, or
/// `patience` or the client's answer time is over.
template <class Ask>
rd_kafka_resp_err_t ask_until(
    Client& client, const std::string& what, Ask ask,
    std::chrono::milliseconds patience = std::chrono::milliseconds::max()) {
  constexpr std::chrono::milliseconds kSlice{1000};  // to notice a rejection
  constexpr std::chrono::milliseconds kPause{20};
  const Deadline deadline(std::min(patience, client.answer_time()));
  while (true) {
    const rd_kafka_resp_err_t error = ask(deadline.left_ms(kSlice));
    if (!is_transient(error)) {
      client.answered();
      return error;
    }
    client.throw_if_rejected(what);
    if (deadline.over()) return error;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace weir::kafka
