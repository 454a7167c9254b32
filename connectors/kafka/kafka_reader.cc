#include "connectors/kafka/kafka_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/core/check.h"

namespace weir::kafka {
namespace {

/// What is fetched ahead is counted by partition, since each has its own queue: 16 MiB each, but
/// no more than 64 MiB a topic (or 1 MiB each, beyond 64 partitions).
Properties defaults_for(std::int32_t partitions) {
  const std::int32_t kbytes = std::clamp(65'536 / std::max(partitions, 1), 1024, 16'384);
  return {{"fetch.wait.max.ms", "20"},
          {"fetch.message.max.bytes", "1048576"},
          {"queued.min.messages", "1000000"},  // the bytes are the bound, not the messages
          {"queued.max.messages.kbytes", std::to_string(kbytes)},
          {"check.crcs", "true"}};
}

const Properties kFixed = {{"isolation.level", "read_committed"},
                           {"auto.offset.reset", "error"},
                           {"enable.partition.eof", "true"},
                           {"enable.auto.commit", "false"},
                           {"enable.auto.offset.store", "false"}};

std::string_view view(const void* bytes, std::size_t size) {
  return {static_cast<const char*>(bytes), size};
}

Record record_of(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type;
  return {.offset = message.offset,
          .timestamp = rd_kafka_message_timestamp(&message, &type),
          .key = view(message.key, message.key_len),
          .value = view(message.payload, message.len),
          .has_key = message.key != nullptr,
          .has_value = message.payload != nullptr,
          .headers = {}};
}

}  // namespace

Reader::Reader(Log& log, const Properties& properties, std::string topic, std::int32_t partitions,
               std::chrono::milliseconds answer_time)
    : log_(log),
      topic_(std::move(topic)),
      partitions_(partitions),
      client_(RD_KAFKA_CONSUMER, properties, defaults_for(partitions), kFixed, answer_time),
      handle_(rd_kafka_topic_new(client_.handle(), topic_.c_str(), nullptr)) {
  if (!handle_) throw client_.failure(fmt::format("reading {}", topic_), rd_kafka_last_error());
}

Reader::~Reader() {
  for (auto& [partition, place] : places_) {
    rd_kafka_queue_cb_event_enable(place.queue.get(), nullptr, nullptr);
    rd_kafka_consume_stop(handle_.get(), partition);
  }
  places_.clear();  // librdkafka waits for every message to be given back
  handle_.reset();
}

void Reader::start(std::span<const PartitionOffset> positions, Signal& signal) {
  for (const auto& [partition, offset] : positions) {
    const std::string what = fmt::format("reading {}[{}]", topic_, partition);
    if (partition < 0 || partition >= partitions_)
      throw LogFailure(LogFailure::Kind::refused,
                       fmt::format("{}: it has {} partitions", what, partitions_));
    check(offset >= 0, "a position is an offset");
    const auto [at, added] = places_.try_emplace(partition);
    check(added, "a partition is started once");
    at->second.next = offset;
    at->second.queue.reset(rd_kafka_queue_new(client_.handle()));
    rd_kafka_queue_cb_event_enable(
        at->second.queue.get(),
        [](rd_kafka_t*, void* waiting) { static_cast<Signal*>(waiting)->notify(); }, &signal);
    if (rd_kafka_consume_start_queue(handle_.get(), partition, offset, at->second.queue.get()) != 0)
      throw client_.failure(what, rd_kafka_last_error());
  }
}

RecordReader::Fetched Reader::fetch(std::int32_t partition, std::size_t max,
                                    std::vector<Record>& out) {
  Place& place = places_.at(partition);
  place.held.clear();
  place.headers.clear();
  header_spans_.clear();
  batch_.resize(std::max(batch_.size(), max));
  const ssize_t taken = rd_kafka_consume_batch_queue(place.queue.get(), 0, batch_.data(), max);
  if (taken < 0)
    throw client_.failure(fmt::format("reading {}[{}]", topic_, partition), rd_kafka_last_error());
  const std::size_t before = out.size();
  for (std::size_t i = 0; i < static_cast<std::size_t>(taken); ++i)
    place.held.emplace_back(batch_[i]);
  for (const auto& message : place.held) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      take_error(*message, place);
      continue;
    }
    place.at_end = false;
    place.next = message->offset + 1;
    take_headers(*message, place, out.size());
    out.push_back(record_of(*message));
  }
  for (const auto& [record, first, count] : header_spans_)
    out[record].headers = std::span<const Header>(place.headers).subspan(first, count);
  if (taken == 0) client_.poll();
  return {out.size() - before, place.at_end, place.next};
}

void Reader::take_headers(const rd_kafka_message_t& message, Place& place, std::size_t record) {
  rd_kafka_headers_t* headers = nullptr;  // the message's
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const std::size_t first = place.headers.size();
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    place.headers.push_back({name, view(value, size)});
  header_spans_.push_back({record, first, place.headers.size() - first});
}

void Reader::take_error(const rd_kafka_message_t& message, Place& place) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      place.at_end = true;
      place.next = place.end = message.offset;
      return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: {
      const auto [first, end] = log_.offsets(topic_, message.partition);
      throw LogFailure(LogFailure::Kind::lost,
                       fmt::format("offset {} of {}[{}] is not in the log: it holds {} to {}",
                                   place.next, topic_, message.partition, first, end));
    }
    default:
      if (is_transient(message.err)) return;  // librdkafka goes on trying
      throw client_.failure(fmt::format("reading {}[{}]", topic_, message.partition), message.err,
                            rd_kafka_message_errstr(&message));
  }
}

std::int64_t Reader::end_offset(std::int32_t partition) {
  std::int64_t first = -1;
  std::int64_t end = -1;
  rd_kafka_get_watermark_offsets(client_.handle(), topic_.c_str(), partition, &first, &end);
  return std::max({end, places_.at(partition).end, std::int64_t{-1}});
}

}  // namespace weir::kafka
