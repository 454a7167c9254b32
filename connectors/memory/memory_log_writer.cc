#include <fmt/format.h>

#include <set>

#include "connectors/memory/memory_log_parts.h"
#include "pipeline/core/check.h"

namespace weir {

using Kind = MemoryLog::Call::Kind;

MemoryLog::Writer::Writer(MemoryLog& log, std::string identity, std::uint64_t generation,
                          const std::vector<std::string>& topics, Delivery delivery)
    : log_(log),
      identity_(std::move(identity)),
      generation_(generation),
      transacted_from_(delivery == Delivery::exactly_once    ? 0
                       : delivery == Delivery::at_least_once ? topics.size() - 1
                                                             : topics.size()) {
  for (const std::string& topic : topics) topics_.push_back({topic, &log.topic_of(topic)});
}

Commit MemoryLog::Writer::commit(const Outbox& records, std::span<const CommittedOffset> offsets,
                                 std::string& reason) {
  check(!ended_, "a writer is not used after a commit that failed");
  const Fault fault = log_.call(Kind::commit, identity_);
  if (transacted_from_ > 0) {
    {
      const std::lock_guard lock(log_.mutex_);
      refuse_impossible(records);
      refuse_too_large(records, true);
      append_plainly(records, visible(records, fault));
    }
    log_.call(Kind::flush, identity_);
    log_.call(Kind::flush, identity_, true);
  }
  {
    const std::lock_guard lock(log_.mutex_);
    if (fenced()) {
      ended_ = true;
      reason = fmt::format("a newer writer of {} has taken over", identity_);
    } else {
      refuse_impossible(records);
      refuse_too_large(records, false);
      append_transaction(records, visible(records, fault));
    }
    if (!ended_ && fault != Fault::request_lost)
      for (const CommittedOffset& at : offsets)
        log_.committed_[{at.topic, at.partition}] = at.offset;
  }
  Commit answer = ended_ ? Commit::fenced : Commit::done;
  if (!ended_ && (fault == Fault::answer_lost || fault == Fault::request_lost)) {
    reason = fault == Fault::answer_lost ? "the answer was lost" : "the request was lost";
    answer = Commit::unknown;
    ended_ = true;
  }
  log_.call(Kind::commit, identity_, true);
  return answer;
}

bool MemoryLog::Writer::fenced() const {
  return generation_ != 0 && log_.owners_[identity_] != generation_;
}

MemoryLog::Writer::Visible MemoryLog::Writer::visible(const Outbox& records, Fault fault) {
  const std::size_t count = records.entries().size();
  switch (fault) {
    case Fault::request_lost:
      return {0, 0};
    case Fault::partial:
      return {0, count / 2};
    case Fault::partial_rest:
      return {count / 2, count};
    case Fault::none:
    case Fault::answer_lost:
      break;
  }
  return {0, count};
}

void MemoryLog::Writer::refuse_impossible(const Outbox& records) const {
  for (const Outbox::Entry& entry : records.entries()) {
    const auto& [name, topic] = topics_.at(entry.topic);
    if (entry.partition < 0 ||
        static_cast<std::size_t>(entry.partition) >= topic->partitions.size())
      log_.partition_of(name, entry.partition);  // which throws
    refuse_above(log_.options_.max_record_bytes, entry);
  }
}

// Apart, since at least once a broker says so when the outputs are there already.
void MemoryLog::Writer::refuse_too_large(const Outbox& records, bool plain) const {
  for (const Outbox::Entry& entry : records.entries())
    if (is_plain(entry) == plain)
      refuse_above(static_cast<std::size_t>(topics_[entry.topic].topic->settings.max_record_bytes),
                   entry);
}

void MemoryLog::Writer::refuse_above(std::size_t limit, const Outbox::Entry& entry) const {
  const std::size_t size = std::size_t{entry.headers_size} + entry.key_size + entry.value_size;
  if (size > limit)
    throw LogFailure(LogFailure::Kind::refused,
                     fmt::format("a record of {} bytes for topic {}: the limit is {}", size,
                                 topics_[entry.topic].name, limit));
}

void MemoryLog::Writer::append_transaction(const Outbox& records, Visible visible) const {
  const std::int64_t now = log_.options_.clock();
  std::set<Partition*> touched;
  Partition* last = nullptr;
  for (std::size_t i = 0; i < records.entries().size(); ++i) {
    if (is_plain(records.entries()[i])) continue;
    Partition& partition = append_entry(records, i, i >= visible.from && i < visible.to, now);
    if (&partition != last) touched.insert(last = &partition);
  }
  for (Partition* partition : touched) {
    partition->records.skip(1);
    partition->wake();
  }
}

void MemoryLog::Writer::append_plainly(const Outbox& records, Visible visible) const {
  const std::int64_t now = log_.options_.clock();
  for (std::size_t i = visible.from; i < visible.to; ++i)
    if (is_plain(records.entries()[i])) append_entry(records, i, true, now).wake();
}

MemoryLog::Partition& MemoryLog::Writer::append_entry(const Outbox& records, std::size_t entry,
                                                      bool visible, std::int64_t now) const {
  const Outbox::Entry& added = records.entries()[entry];
  Partition& partition =
      topics_[added.topic].topic->partitions[static_cast<std::size_t>(added.partition)];
  if (!visible) {
    partition.records.skip(1);
    return partition;
  }
  partition.records.append(added.has_key ? std::optional(records.key(added)) : std::nullopt,
                           added.has_value ? std::optional(records.value(added)) : std::nullopt,
                           now,
                           added.headers_size > 0 ? records.headers(added) : std::vector<Header>());
  return partition;
}

}  // namespace weir
