#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"

namespace weir::kafka {

/// Commits epochs. Exactly once: as transactions of one transactional id. At least once: a second,
/// idempotent producer sends the outputs; when they are in the log, the records of the last topic
/// follow as a transaction. Plain: the idempotent producer alone. Values are sent from the outbox
/// without a copy; a transaction that fails is never aborted (librdkafka #4849) but left to the
/// next writer, whose `init_transactions` ends it.
///
/// librdkafka 2.0.2 calls fenced also what the broker timed out. `fenced` is answered only while
/// the broker cannot have: within transaction.timeout.ms, less a second; later it is `unknown`.
class Writer final : public LogWriter {
 public:
  struct Topic {
    std::string name;
    std::int32_t partitions;
    Owned<rd_kafka_topic_t> handle;
  };

  /// Unless plain it fences every older owner of `identity`. Throws LogFailure.
  Writer(const Properties& properties, const std::string& identity, std::vector<Topic> topics,
         Delivery delivery, std::chrono::milliseconds answer_time);

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

  Client& client_of(std::size_t topic) {
    return topic < transacted_from_ ? *plain_ : *transactional_;
  }
  void warm_up();
  void take_over();
  void refuse_impossible(const Outbox& records) const;
  /// Calls again while the error is one to retry, until the deadline.
  template <class Call>
  Result retry(const Deadline& deadline, Call call);
  Result send_plainly(const Outbox& records);
  Result transact(const Outbox& records, std::span<const CommittedOffset> offsets);
  /// Hands the records of the topics [from, to) to librdkafka.
  Result produce(const Outbox& records, std::size_t from, std::size_t to);
  Result produce_batch(std::size_t topic);
  Result produce_one(const Outbox& records, const Outbox::Entry& entry);
  Result send_offsets(std::span<const CommittedOffset> offsets, const Deadline& deadline);
  Commit judge_fencing(const std::string& text, std::string& reason) const;
  Commit give_up(Client& client, const Trouble& trouble, std::string& reason);

  std::string identity_;
  std::optional<Client> plain_, transactional_;
  std::vector<Topic> topics_;    // their handles go before the clients'
  std::size_t transacted_from_;  // the topics before go plainly
  std::vector<std::vector<rd_kafka_message_t>> batches_;  // by topic
  std::size_t max_record_bytes_;
  std::chrono::milliseconds transaction_time_;
  std::chrono::steady_clock::time_point begun_;  // counts while the process is stopped, too
  Owned<rd_kafka_consumer_group_metadata_t> group_;
  bool ended_ = false;
};

}  // namespace weir::kafka
