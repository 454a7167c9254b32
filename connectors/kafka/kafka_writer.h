#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"

namespace weir::kafka {

/// Commits epochs as transactions of one transactional id. Values are sent from the outbox without
/// a copy; a transaction that fails is never aborted (librdkafka #4849) but left to the next
/// writer, whose `init_transactions` ends it.
class Writer final : public LogWriter {
 public:
  struct Topic {
    std::string name;
    std::int32_t partitions;
    Owned<rd_kafka_topic_t> handle;
  };

  /// Fences every older owner of `identity`. Throws LogFailure.
  Writer(const Properties& properties, const std::string& identity, std::vector<Topic> topics,
         std::chrono::milliseconds answer_time);

  Commit commit(const Outbox& records, std::span<const CommittedOffset> offsets,
                std::string& reason) override;
  std::size_t max_record_bytes() const override { return max_record_bytes_; }

 private:
  /// Why a transaction did not go through.
  struct Trouble {
    rd_kafka_resp_err_t error;
    std::string text;
  };
  using Result = std::optional<Trouble>;

  void warm_up();
  void take_over();
  void refuse_impossible(const Outbox& records) const;
  /// Calls again while the error is one to retry, until the deadline.
  template <class Call>
  Result retry(const Deadline& deadline, Call call);
  Result transact(const Outbox& records, std::span<const CommittedOffset> offsets);
  Result produce(const Outbox& records);
  Result produce_batch(std::size_t topic);
  Result produce_one(const Outbox& records, const Outbox::Entry& entry);
  Result send_offsets(std::span<const CommittedOffset> offsets, const Deadline& deadline);
  Commit give_up(const Trouble& trouble, std::string& reason);

  std::string identity_;
  Client client_;
  std::vector<Topic> topics_;                             // their handles go before the client's
  std::vector<std::vector<rd_kafka_message_t>> batches_;  // by topic
  std::size_t max_record_bytes_;
  std::chrono::milliseconds transaction_time_;
  Owned<rd_kafka_consumer_group_metadata_t> group_;
};

}  // namespace weir::kafka
