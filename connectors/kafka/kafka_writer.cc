#include "connectors/kafka/kafka_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

#include "pipeline/core/check.h"

namespace weir::kafka {
namespace {

using std::chrono::milliseconds;

const Properties kDefaults = {{"linger.ms", "5"}, {"transaction.timeout.ms", "30000"}};

/// The caller bounds an epoch; a queue that is full in the middle of it would break its order.
const Properties kUnboundedQueue = {{"queue.buffering.max.messages", "10000000"},
                                    {"queue.buffering.max.kbytes", "2147483647"}};

/// What librdkafka counts to a record beside its bytes, at most.
constexpr std::size_t kRecordOverhead = 128;

Properties fixed_with(const char* name, const std::string& value) {
  Properties fixed = kUnboundedQueue;
  fixed[name] = value;
  return fixed;
}

/// `weir.fraud` for `weir.fraud.0`: the group under whose name tools show the lag.
std::string group_of(const std::string& identity) {
  const std::size_t dot = identity.rfind('.');
  if (dot == std::string::npos || dot + 1 == identity.size()) return identity;
  const bool shard = std::all_of(identity.begin() + static_cast<std::ptrdiff_t>(dot) + 1,
                                 identity.end(), [](char c) { return c >= '0' && c <= '9'; });
  return shard ? identity.substr(0, dot) : identity;
}

bool refuses(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      return true;
    default:
      return false;
  }
}

void* bytes_of(std::string_view text) { return const_cast<char*>(text.data()); }

}  // namespace

Writer::Writer(const Properties& properties, const std::string& identity, std::vector<Topic> topics,
               Delivery delivery, std::chrono::milliseconds answer_time)
    : identity_(identity),
      topics_(std::move(topics)),
      batches_(topics_.size()),
      group_(rd_kafka_consumer_group_metadata_new(group_of(identity).c_str())) {
  check(!topics_.empty(), "a writer has topics, at least once the epochs being the last");
  if (delivery != Delivery::exactly_once)
    plain_.emplace(RD_KAFKA_PRODUCER, properties, kDefaults,
                   fixed_with("enable.idempotence", "true"), answer_time);
  if (delivery != Delivery::plain)
    transactional_.emplace(RD_KAFKA_PRODUCER, properties, kDefaults,
                           fixed_with("transactional.id", identity), answer_time);
  transacted_from_ = delivery == Delivery::exactly_once    ? 0
                     : delivery == Delivery::at_least_once ? topics_.size() - 1
                                                           : topics_.size();
  const Client& any = plain_ ? *plain_ : *transactional_;
  max_record_bytes_ = std::stoul(any.setting("message.max.bytes")) - kRecordOverhead;
  transaction_time_ = milliseconds(std::stol(any.setting("transaction.timeout.ms")));
  warm_up();
  if (transactional_) take_over();
}

// Else the first record of each topic makes librdkafka ask, half a second within the transaction.
void Writer::warm_up() {
  for (std::size_t i = 0; i < topics_.size(); ++i) {
    Topic& topic = topics_[i];
    Client& client = client_of(i);
    topic.handle.reset(rd_kafka_topic_new(client.handle(), topic.name.c_str(), nullptr));
    const std::string what = fmt::format("writing to {}", topic.name);
    if (!topic.handle) throw client.failure(what, rd_kafka_last_error());
    const Deadline deadline(client.answer_time());
    std::optional<std::int32_t> count = count_partitions(client, topic.handle.get());
    while (!count && !deadline.over()) {  // it is new, and this client's broker has not heard of it
      std::this_thread::sleep_for(milliseconds(20));
      count = count_partitions(client, topic.handle.get());
    }
    if (!count)
      throw LogFailure(LogFailure::Kind::refused, fmt::format("there is no topic {}", topic.name));
    topic.partitions = *count;
  }
}

void Writer::take_over() {
  const std::string what = fmt::format("taking over {}", identity_);
  const Deadline deadline(KafkaLog::kTakeoverTime);
  while (true) {
    const Owned<rd_kafka_error_t> error(
        rd_kafka_init_transactions(transactional_->handle(), deadline.left_ms(milliseconds(1000))));
    if (!error) return;
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    const char* text = rd_kafka_error_string(error.get());
    if (means_fenced(code))
      throw LogFailure(LogFailure::Kind::fenced, fmt::format("{}: {}", what, text));
    transactional_->throw_if_rejected(what);
    if (!rd_kafka_error_is_retriable(error.get()) || deadline.over())
      throw transactional_->failure(what, code, text);
  }
}

Commit Writer::commit(const Outbox& records, std::span<const CommittedOffset> offsets,
                      std::string& reason) {
  check(!ended_, "a writer is not used after a commit that failed");
  refuse_impossible(records);
  if (plain_) {
    if (const Result trouble = send_plainly(records)) return give_up(*plain_, *trouble, reason);
    plain_->poll();
  }
  if (transactional_) {
    if (const Result trouble = transact(records, offsets))
      return give_up(*transactional_, *trouble, reason);
    transactional_->poll();
  }
  return Commit::done;
}

void Writer::refuse_impossible(const Outbox& records) const {
  for (const Outbox::Entry& entry : records.entries()) {
    const Topic& topic = topics_.at(entry.topic);
    const std::size_t size = std::size_t{entry.headers_size} + entry.key_size + entry.value_size;
    if (size > max_record_bytes_)
      throw LogFailure(LogFailure::Kind::refused,
                       fmt::format("a record of {} bytes for topic {}: the limit is {}", size,
                                   topic.name, max_record_bytes_));
    if (entry.partition < 0 || entry.partition >= topic.partitions)
      throw LogFailure(LogFailure::Kind::refused,
                       fmt::format("topic {} has {} partitions, no [{}]", topic.name,
                                   topic.partitions, entry.partition));
  }
}

template <class Call>
Writer::Result Writer::retry(const Deadline& deadline, Call call) {
  while (true) {
    const Owned<rd_kafka_error_t> error(call(deadline.left_ms()));
    if (!error) return std::nullopt;
    if (!rd_kafka_error_is_retriable(error.get()) || deadline.over())
      return Trouble{rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get())};
  }
}

Writer::Result Writer::transact(const Outbox& records, std::span<const CommittedOffset> offsets) {
  begun_ = std::chrono::steady_clock::now();
  const Deadline deadline(transaction_time_);
  if (const Owned<rd_kafka_error_t> error{rd_kafka_begin_transaction(transactional_->handle())})
    return Trouble{rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get())};
  if (Result trouble = produce(records, transacted_from_, topics_.size())) return trouble;
  if (!offsets.empty())
    if (Result trouble = send_offsets(offsets, deadline)) return trouble;
  return retry(deadline, [this](int time_ms) {
    return rd_kafka_commit_transaction(transactional_->handle(), time_ms);
  });
}

/// Sends what is not part of the transaction, and waits until the log has it.
Writer::Result Writer::send_plainly(const Outbox& records) {
  const Deadline deadline(transaction_time_);
  if (Result trouble = produce(records, 0, transacted_from_)) return trouble;
  const rd_kafka_resp_err_t error = rd_kafka_flush(plain_->handle(), deadline.left_ms());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Trouble{error, rd_kafka_err2str(error)};
  const rd_kafka_resp_err_t undelivered = plain_->take_undelivered();
  if (undelivered == RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  return Trouble{undelivered, rd_kafka_err2str(undelivered)};
}

Writer::Result Writer::send_offsets(std::span<const CommittedOffset> offsets,
                                    const Deadline& deadline) {
  const Owned<rd_kafka_topic_partition_list_t> list = offset_list(offsets);
  return retry(deadline, [&](int time_ms) {
    return rd_kafka_send_offsets_to_transaction(transactional_->handle(), list.get(), group_.get(),
                                                time_ms);
  });
}

Writer::Result Writer::produce(const Outbox& records, std::size_t from, std::size_t to) {
  for (auto& batch : batches_) batch.clear();
  for (const Outbox::Entry& entry : records.entries()) {
    if (entry.topic < from || entry.topic >= to) continue;
    if (entry.headers_size > 0) {
      // A batch cannot carry headers; what came before must go before.
      if (Result trouble = produce_batch(entry.topic)) return trouble;
      if (Result trouble = produce_one(records, entry)) return trouble;
      continue;
    }
    rd_kafka_message_t message{};
    message.partition = entry.partition;
    if (entry.has_key) message.key = bytes_of(records.key(entry));
    message.key_len = entry.key_size;
    if (entry.has_value) message.payload = bytes_of(records.value(entry));
    message.len = entry.value_size;
    batches_[entry.topic].push_back(message);
  }
  for (std::size_t topic = from; topic < to; ++topic)
    if (Result trouble = produce_batch(topic)) return trouble;
  return std::nullopt;
}

Writer::Result Writer::produce_batch(std::size_t topic) {
  std::vector<rd_kafka_message_t>& batch = batches_[topic];
  if (batch.empty()) return std::nullopt;
  const int count = static_cast<int>(batch.size());
  const int taken = rd_kafka_produce_batch(topics_[topic].handle.get(), RD_KAFKA_PARTITION_UA,
                                           RD_KAFKA_MSG_F_PARTITION, batch.data(), count);
  if (taken != count) {
    const auto refused = std::find_if(
        batch.begin(), batch.end(),
        [](const rd_kafka_message_t& each) { return each.err != RD_KAFKA_RESP_ERR_NO_ERROR; });
    check(refused != batch.end(), "a record that was not taken has an error");
    return Trouble{refused->err, rd_kafka_err2str(refused->err)};
  }
  batch.clear();
  return std::nullopt;
}

Writer::Result Writer::produce_one(const Outbox& records, const Outbox::Entry& entry) {
  const std::vector<Header> headers = records.headers(entry);
  Owned<rd_kafka_headers_t> list(rd_kafka_headers_new(headers.size()));
  for (const Header& header : headers)
    rd_kafka_header_add(list.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));

  std::array<rd_kafka_vu_t, 6> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topics_[entry.topic].handle.get();
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = entry.partition;
  parts[2].vtype = RD_KAFKA_VTYPE_KEY;
  parts[2].u.mem = {entry.has_key ? bytes_of(records.key(entry)) : nullptr, entry.key_size};
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[3].u.mem = {entry.has_value ? bytes_of(records.value(entry)) : nullptr, entry.value_size};
  parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[4].u.headers = list.get();
  parts[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[5].u.i = 0;  // the value is not copied
  const Owned<rd_kafka_error_t> error(
      rd_kafka_produceva(client_of(entry.topic).handle(), parts.data(), parts.size()));
  if (error) return Trouble{rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get())};
  list.release();  // now librdkafka's
  return std::nullopt;
}

Commit Writer::give_up(Client& client, const Trouble& trouble, std::string& reason) {
  client.poll();
  rd_kafka_resp_err_t error = trouble.error;
  reason = trouble.text;
  std::array<char, 512> text{};
  const rd_kafka_resp_err_t undelivered = client.take_undelivered();
  if (const auto fatal = rd_kafka_fatal_error(client.handle(), text.data(), text.size())) {
    error = fatal;
    reason = text.data();
  } else if (undelivered != RD_KAFKA_RESP_ERR_NO_ERROR) {
    error = undelivered;
    reason = fmt::format("{}: {}", trouble.text, rd_kafka_err2str(undelivered));
  }
  const LogFailure failure =
      client.failure(fmt::format("committing as {}", identity_), error, reason);
  const bool transacting = transactional_ && &client == &*transactional_;
  for (Topic& topic : topics_) topic.handle.reset();
  plain_.reset();  // nothing may read the outbox after this call
  transactional_.reset();
  ended_ = true;

  if (means_fenced(error) && transacting) return judge_fencing(failure.what(), reason);
  if (refuses(error)) throw LogFailure(LogFailure::Kind::refused, failure.what());
  reason = failure.what();
  return Commit::unknown;
}

Commit Writer::judge_fencing(const std::string& text, std::string& reason) const {
  constexpr milliseconds kMargin{1000};
  const auto passed = std::chrono::steady_clock::now() - begun_;
  reason = text;
  if (passed < transaction_time_ - kMargin) return Commit::fenced;
  reason += fmt::format(
      "; {:.1f} s after the transaction began it may also have timed out "
      "(transaction.timeout.ms: {})",
      std::chrono::duration<double>(passed).count(), transaction_time_.count());
  return Commit::unknown;
}

}  // namespace weir::kafka
