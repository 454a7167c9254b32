// Copies a topic to another one in transactions of 100 ms and does nothing else: what librdkafka
// and the broker allow at most, and so the measure of weir's own rate. Uses the C API as weir does:
// consume_batch_queue, produce_batch, send_offsets, with the settings of connectors/kafka.
//
// Usage: stream_copy BOOTSTRAP INPUT OUTPUT RECORDS; ends after RECORDS and prints one line of
// JSON.

#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kBatch = 4096;
constexpr std::size_t kEpochRecords = 50'000;
constexpr auto kEpoch = std::chrono::milliseconds(100);
constexpr int kTimeoutMs = 30'000;

template <auto release>
struct Release {
  template <class T>
  void operator()(T* what) const {
    release(what);
  }
};
using Client = std::unique_ptr<rd_kafka_t, Release<rd_kafka_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Release<rd_kafka_topic_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Release<rd_kafka_queue_destroy>>;
using Offsets = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                Release<rd_kafka_topic_partition_list_destroy>>;
using Group = std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                              Release<rd_kafka_consumer_group_metadata_destroy>>;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "stream_copy: %s\n", what.c_str());
  std::exit(1);
}

void require(rd_kafka_error_t* error, const char* what) {
  if (error) fail(std::string(what) + ": " + rd_kafka_error_string(error));
}

using Settings = std::initializer_list<std::pair<const char*, const char*>>;

Client make_client(rd_kafka_type_t type, const char* bootstrap, Settings settings) {
  std::array<char, 512> error{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const auto set = [&](const char* name, const char* value) {
    if (rd_kafka_conf_set(conf, name, value, error.data(), error.size()) != RD_KAFKA_CONF_OK)
      fail(error.data());
  };
  set("bootstrap.servers", bootstrap);
  set("socket.nagle.disable", "true");
  for (const auto& [name, value] : settings) set(name, value);
  Client client(rd_kafka_new(type, conf, error.data(), error.size()));
  if (!client) fail(error.data());
  return client;
}

/// Asks for a topic's partitions; a producer that has asked knows them before its first record.
int partition_count(rd_kafka_t* client, rd_kafka_topic_t* topic) {
  const struct rd_kafka_metadata* found = nullptr;
  const auto error = rd_kafka_metadata(client, 0, topic, &found, kTimeoutMs);
  if (error) fail(rd_kafka_err2str(error));
  const int count = found->topic_cnt == 1 ? found->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(found);
  if (count == 0) fail(std::string("no topic ") + rd_kafka_topic_name(topic));
  return count;
}

/// The copying end: sends each batch to the partition it came from.
class Copy {
 public:
  Copy(const char* bootstrap, const char* output, int partitions)
      : producer_(make_client(RD_KAFKA_PRODUCER, bootstrap,
                              {{"transactional.id", "stream-copy"},
                               {"retry.backoff.ms", "20"},
                               {"linger.ms", "5"},
                               {"batch.num.messages", "10000"},
                               {"batch.size", "1000000"},
                               {"queue.buffering.max.messages", "1000000"},
                               {"transaction.timeout.ms", "30000"},
                               {"message.timeout.ms", "30000"}})),
        topic_(rd_kafka_topic_new(producer_.get(), output, nullptr)),
        lanes_(static_cast<std::size_t>(partitions)) {
    if (partition_count(producer_.get(), topic_.get()) != partitions)
      fail("input and output differ in partitions");
    require(rd_kafka_init_transactions(producer_.get(), kTimeoutMs), "init_transactions");
  }

  void begin() { require(rd_kafka_begin_transaction(producer_.get()), "begin_transaction"); }

  void send(rd_kafka_message_t** records, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const rd_kafka_message_t& record = *records[i];
      rd_kafka_message_t copy{};
      copy.payload = record.payload;
      copy.len = record.len;
      copy.key = record.key;
      copy.key_len = record.key_len;
      lanes_[static_cast<std::size_t>(record.partition)].push_back(copy);
    }
    for (std::size_t partition = 0; partition < lanes_.size(); ++partition) {
      auto& lane = lanes_[partition];
      const int sent = rd_kafka_produce_batch(topic_.get(), static_cast<std::int32_t>(partition),
                                              RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK,
                                              lane.data(), static_cast<int>(lane.size()));
      if (sent != static_cast<int>(lane.size())) fail("produce_batch took only a part");
      lane.clear();
    }
    rd_kafka_poll(producer_.get(), 0);
  }

  void commit(const rd_kafka_topic_partition_list_t& offsets,
              const rd_kafka_consumer_group_metadata_t& group) {
    require(rd_kafka_send_offsets_to_transaction(producer_.get(), &offsets, &group, kTimeoutMs),
            "send_offsets");
    require(rd_kafka_commit_transaction(producer_.get(), kTimeoutMs), "commit");
  }

 private:
  Client producer_;
  Topic topic_;
  std::vector<std::vector<rd_kafka_message_t>> lanes_;  // by partition
};

struct Figures {
  std::uint64_t records = 0;
  std::uint64_t transactions = 0;
  std::uint64_t timed = 0;  // records after the first transaction
  double seconds = 0;
};

/// Copies `wanted` records; timed from the end of the first transaction to that of the last one.
Figures copy_records(rd_kafka_queue_t* queue, Copy& copy, rd_kafka_topic_partition_list_t* offsets,
                     const rd_kafka_consumer_group_metadata_t& group, std::uint64_t wanted) {
  Figures figures;
  std::vector<rd_kafka_message_t*> batch(kBatch);
  Clock::time_point began;
  Clock::time_point opened;
  std::size_t open = 0;  // records in the transaction
  while (figures.records < wanted || open > 0) {
    ssize_t count = 0;
    if (figures.records < wanted)
      count = rd_kafka_consume_batch_queue(queue, 20, batch.data(), batch.size());
    if (count < 0) fail("consume_batch_queue");
    if (count > 0) {
      if (open == 0) {
        copy.begin();
        opened = Clock::now();
      }
      for (ssize_t i = 0; i < count; ++i) {
        const rd_kafka_message_t& record = *batch[static_cast<std::size_t>(i)];
        if (record.err) fail(rd_kafka_message_errstr(&record));
        offsets->elems[record.partition].offset = record.offset + 1;
      }
      copy.send(batch.data(), static_cast<std::size_t>(count));
      for (ssize_t i = 0; i < count; ++i)
        rd_kafka_message_destroy(batch[static_cast<std::size_t>(i)]);
      open += static_cast<std::size_t>(count);
      figures.records += static_cast<std::uint64_t>(count);
    }
    const bool due = Clock::now() - opened >= kEpoch || open >= kEpochRecords;
    if (open > 0 && (due || figures.records >= wanted)) {
      copy.commit(*offsets, group);
      if (++figures.transactions == 1)
        began = Clock::now();
      else
        figures.timed += open;
      open = 0;
    }
  }
  figures.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) fail("usage: stream_copy BOOTSTRAP INPUT OUTPUT RECORDS");
  const char* const bootstrap = argv[1];
  const char* const input = argv[2];
  const Client consumer = make_client(RD_KAFKA_CONSUMER, bootstrap,
                                      {{"group.id", "stream-copy"},
                                       {"enable.auto.commit", "false"},
                                       {"enable.auto.offset.store", "false"},
                                       {"isolation.level", "read_committed"},
                                       {"auto.offset.reset", "error"},
                                       {"fetch.wait.max.ms", "20"},
                                       // Less, and librdkafka stops fetching while
                                       // we commit: a third of the rate.
                                       {"queued.max.messages.kbytes", "65536"},
                                       {"queued.min.messages", "1000000"},
                                       {"fetch.message.max.bytes", "1048576"}});
  const Topic topic(rd_kafka_topic_new(consumer.get(), input, nullptr));
  const int partitions = partition_count(consumer.get(), topic.get());
  const Offsets offsets(rd_kafka_topic_partition_list_new(partitions));
  for (int partition = 0; partition < partitions; ++partition)
    rd_kafka_topic_partition_list_add(offsets.get(), input, partition)->offset = 0;
  Copy copy(bootstrap, argv[3], partitions);

  rd_kafka_poll_set_consumer(consumer.get());
  if (const auto error = rd_kafka_assign(consumer.get(), offsets.get()))
    fail(rd_kafka_err2str(error));
  const Queue queue(rd_kafka_queue_get_consumer(consumer.get()));
  const Group group(rd_kafka_consumer_group_metadata(consumer.get()));
  const Figures figures =
      copy_records(queue.get(), copy, offsets.get(), *group, std::strtoull(argv[4], nullptr, 10));
  std::printf(
      "{\"records\":%llu,\"seconds\":%.3f,\"transactions\":%llu,\"records_per_second\":%.0f}\n",
      static_cast<unsigned long long>(figures.records), figures.seconds,
      static_cast<unsigned long long>(figures.transactions),
      static_cast<double>(figures.timed) / figures.seconds);
  return 0;
}
