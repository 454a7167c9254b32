#pragma once

#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"

namespace weir::kafka {

/// The handles of this process that are members of groups now: who is one must store the group's
/// offsets as a member (the broker takes no others while it has members). Thread-safe.
class Groups {
 public:
  void enter(const std::string& group, rd_kafka_t* member);
  void leave(const std::string& group, rd_kafka_t* member);
  /// Calls with a member of the group, or with null; it stays one until the call returns.
  template <class Call>
  void with_member(const std::string& group, Call call) {
    const std::lock_guard lock(mutex_);
    const auto found = members_.find(group);
    call(found == members_.end() ? nullptr : found->second);
  }

 private:
  std::mutex mutex_;
  std::multimap<std::string, rd_kafka_t*> members_;
};

/// A subscribing consumer that reads nothing: its partitions are paused, its assignment is a lease.
/// The assignor is `range`: with the cooperative one 2.0.2 can hang in closing (librdkafka #4528).
/// `session.timeout.ms` 10 s, `heartbeat.interval.ms` 1 s, `max.poll.interval.ms` 30 s unless the
/// user says otherwise.
class Member final : public Membership {
 public:
  /// `groups` outlives it. Throws LogFailure (`refused`).
  Member(Groups& groups, const Properties& properties, std::string group, const std::string& topic,
         const std::string& instance, Signal& signal, std::chrono::milliseconds answer_time);
  ~Member() override;

  std::span<const std::int32_t> poll(const Release& release) override;
  bool joined() const override { return assigned_; }

 private:
  void rebalance(rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t& partitions);
  void assign(const rd_kafka_topic_partition_list_t& partitions);
  void give_up(bool lost);
  void take_error(const rd_kafka_message_t& message);
  void close();

  Groups& groups_;
  std::string group_;
  std::string instance_;
  std::string what_;
  Client client_;
  Owned<rd_kafka_queue_t> queue_;
  std::vector<std::int32_t> owned_;
  bool joined_ = false;    // the group has once let us in
  bool assigned_ = false;  // and has not taken back what it gave
  const Release* release_ = nullptr;  // within poll
  std::exception_ptr thrown_;         // by it, within librdkafka's callback
};

}  // namespace weir::kafka
