#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"

namespace weir::kafka {

/// A subscribing consumer that reads nothing: its partitions are paused, its assignment is a lease.
/// The assignor is `range`: with the cooperative one 2.0.2 can hang in closing (librdkafka #4528).
/// `session.timeout.ms` 10 s, `heartbeat.interval.ms` 1 s, `max.poll.interval.ms` 30 s unless the
/// user says otherwise.
class Member final : public Membership {
 public:
  /// Throws LogFailure (`refused`).
  Member(const Properties& properties, const std::string& group, const std::string& topic,
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
