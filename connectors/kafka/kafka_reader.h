#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"

namespace weir::kafka {

/// Reads partitions of one topic, each through a queue of its own, so that the scheduler decides
/// which is next. No group: librdkafka's simple consumer, started at our positions.
class Reader final : public RecordReader {
 public:
  /// `log` describes what an offset that is lost should have been found in; it outlives the reader.
  Reader(Log& log, const Properties& properties, std::string topic, std::int32_t partitions,
         std::chrono::milliseconds answer_time);
  ~Reader() override;

  void start(std::span<const PartitionOffset> positions, Signal& signal) override;
  Fetched fetch(std::int32_t partition, std::size_t max, std::vector<Record>& out) override;
  std::int64_t end_offset(std::int32_t partition) override;

 private:
  struct Place {
    Owned<rd_kafka_queue_t> queue;
    std::int64_t next = 0;
    std::int64_t end = -1;  // as the last end that was reached said
    bool at_end = false;
    std::vector<Owned<rd_kafka_message_t>> held;  // of the records handed out last
    std::vector<Header> headers;
  };
  struct HeaderSpan {
    std::size_t record, first, count;
  };

  void take_error(const rd_kafka_message_t& message, Place& place);
  void take_headers(const rd_kafka_message_t& message, Place& place, std::size_t record);

  Log& log_;
  std::string topic_;
  std::int32_t partitions_;
  Client client_;
  Owned<rd_kafka_topic_t> handle_;
  std::map<std::int32_t, Place> places_;
  std::vector<rd_kafka_message_t*> batch_;
  std::vector<HeaderSpan> header_spans_;
};

}  // namespace weir::kafka
