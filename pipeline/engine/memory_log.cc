#include "pipeline/engine/memory_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pipeline/core/check.h"

namespace weir {

using Kind = MemoryLog::Call::Kind;

/// What a reader and the log share about one partition.
struct MemoryLog::Subscription {
  std::int64_t next = 0;
  Signal* signal = nullptr;
  bool at_end = true;  // wake the reader when something comes; it knows of what came before
};

struct MemoryLog::Partition {
  MemoryPartition records;
  std::vector<Subscription*> readers;

  void wake() const {
    for (Subscription* reader : readers)
      if (std::exchange(reader->at_end, false)) reader->signal->notify();
  }
};

class MemoryLog::Reader final : public RecordReader {
 public:
  Reader(MemoryLog& log, std::string topic) : log_(log), topic_(std::move(topic)) {}

  ~Reader() override {
    const std::lock_guard lock(log_.mutex_);
    for (auto& [partition, place] : places_)
      std::erase(log_.partition_of(topic_, partition).readers, &place.shared);
    log_.fetched_.notify_all();
  }

  void start(std::span<const PartitionOffset> positions, Signal& signal) override {
    log_.call(Kind::start, topic_);
    {
      const std::lock_guard lock(log_.mutex_);
      for (const auto& [partition, offset] : positions) log_.partition_of(topic_, partition);
      for (const auto& [partition, offset] : positions) {
        const auto [at, added] = places_.try_emplace(partition);
        check(added, "a partition is started once");
        at->second.shared = {.next = offset, .signal = &signal, .at_end = false};
        log_.partition_of(topic_, partition).readers.push_back(&at->second.shared);
      }
    }
    signal.notify();
    log_.call(Kind::start, topic_, true);
  }

  Fetched fetch(std::int32_t partition, std::size_t max, std::vector<Record>& out) override {
    log_.call(Kind::fetch, topic_);
    const Fetched fetched = take(partition, max, out);
    log_.call(Kind::fetch, topic_, true);
    return fetched;
  }

  std::int64_t end_offset(std::int32_t partition) override {
    const std::lock_guard lock(log_.mutex_);
    return log_.partition_of(topic_, partition).records.range().end;
  }

 private:
  struct Place {
    Subscription shared;
    MemoryPartition::Chunks held;  // of the records handed out last
  };

  Fetched take(std::int32_t partition, std::size_t max, std::vector<Record>& out) {
    Place& place = places_.at(partition);
    place.held.clear();
    const std::lock_guard lock(log_.mutex_);
    const MemoryPartition& records = log_.partition_of(topic_, partition).records;
    const auto [first, end] = records.range();
    if (place.shared.next < first || place.shared.next > end)
      throw LogFailure(LogFailure::Kind::lost,
                       fmt::format("offset {} of {}[{}] is not in the log: it holds {} to {}",
                                   place.shared.next, topic_, partition, first, end));
    const std::size_t before = out.size();
    place.shared.next = records.read(place.shared.next, max, out, place.held);
    place.shared.at_end = place.shared.next == end;
    log_.fetched_.notify_all();
    return {out.size() - before, place.shared.at_end, place.shared.next};
  }

  MemoryLog& log_;
  std::string topic_;
  std::map<std::int32_t, Place> places_;
};

class MemoryLog::Writer final : public LogWriter {
 public:
  Writer(MemoryLog& log, std::string identity, std::uint64_t generation,
         std::vector<std::string> topics)
      : log_(log),
        identity_(std::move(identity)),
        generation_(generation),
        topics_(std::move(topics)) {}

  Commit commit(const Outbox& records, std::span<const CommittedOffset> offsets,
                std::string& reason) override {
    check(!ended_, "a writer is not used after a commit that failed");
    const Fault fault = log_.call(Kind::commit, identity_);
    const Commit answer = take(records, offsets, fault, reason);
    ended_ = answer != Commit::done;
    log_.call(Kind::commit, identity_, true);
    return answer;
  }

  std::size_t max_record_bytes() const override { return log_.options_.max_record_bytes; }

 private:
  Commit take(const Outbox& records, std::span<const CommittedOffset> offsets, Fault fault,
              std::string& reason) {
    const std::lock_guard lock(log_.mutex_);
    if (log_.owners_[identity_] != generation_) {
      reason = fmt::format("a newer writer of {} has taken over", identity_);
      return Commit::fenced;
    }
    log_.refuse_impossible(records, topics_);
    log_.apply(records, topics_, fault != Fault::request_lost);
    if (fault != Fault::request_lost)
      for (const CommittedOffset& at : offsets)
        log_.committed_[{at.topic, at.partition}] = at.offset;
    if (fault == Fault::none) return Commit::done;
    reason = fault == Fault::answer_lost ? "the answer was lost" : "the request was lost";
    return Commit::unknown;
  }

  MemoryLog& log_;
  std::string identity_;
  std::uint64_t generation_;
  std::vector<std::string> topics_;
  bool ended_ = false;
};

MemoryLog::MemoryLog() : MemoryLog(Options{}) {}

MemoryLog::MemoryLog(Options options) : options_(std::move(options)) {
  if (options_.clock) return;
  options_.clock = [] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
  };
}

MemoryLog::~MemoryLog() = default;

MemoryLog::Fault MemoryLog::call(Kind kind, std::string_view name, bool after) const {
  return options_.hook ? options_.hook({kind, name, after}) : Fault::none;
}

MemoryLog::Topic& MemoryLog::topic_of(const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end())
    throw LogFailure(LogFailure::Kind::refused, fmt::format("there is no topic {}", topic));
  return found->second;
}

MemoryLog::Partition& MemoryLog::partition_of(const std::string& topic, std::int32_t partition) {
  Topic& partitions = topic_of(topic);
  if (partition < 0 || static_cast<std::size_t>(partition) >= partitions.size())
    throw LogFailure(LogFailure::Kind::refused, fmt::format("topic {} has {} partitions, no [{}]",
                                                            topic, partitions.size(), partition));
  return partitions[static_cast<std::size_t>(partition)];
}

std::optional<std::int32_t> MemoryLog::partitions(const std::string& topic) {
  call(Kind::partitions, topic);
  std::optional<std::int32_t> count;
  {
    const std::lock_guard lock(mutex_);
    const auto found = topics_.find(topic);
    if (found != topics_.end()) count = static_cast<std::int32_t>(found->second.size());
  }
  call(Kind::partitions, topic, true);
  return count;
}

void MemoryLog::create_topic(const std::string& topic, std::int32_t partitions,
                             const std::map<std::string, std::string>&) {
  check(partitions > 0, "a topic has partitions");
  call(Kind::create_topic, topic);
  {
    const std::lock_guard lock(mutex_);
    topics_.try_emplace(topic, static_cast<std::size_t>(partitions));
  }
  call(Kind::create_topic, topic, true);
}

OffsetRange MemoryLog::offsets(const std::string& topic, std::int32_t partition) {
  call(Kind::offsets, topic);
  OffsetRange range;
  {
    const std::lock_guard lock(mutex_);
    range = partition_of(topic, partition).records.range();
  }
  call(Kind::offsets, topic, true);
  return range;
}

std::int64_t MemoryLog::offset_at(const std::string& topic, std::int32_t partition,
                                  std::int64_t time_ms) {
  call(Kind::offset_at, topic);
  std::int64_t offset = 0;
  {
    const std::lock_guard lock(mutex_);
    offset = partition_of(topic, partition).records.offset_at(time_ms);
  }
  call(Kind::offset_at, topic, true);
  return offset;
}

std::unique_ptr<RecordReader> MemoryLog::reader(const std::string& topic) {
  call(Kind::reader, topic);
  {
    const std::lock_guard lock(mutex_);
    topic_of(topic);
  }
  auto reader = std::make_unique<Reader>(*this, topic);
  call(Kind::reader, topic, true);
  return reader;
}

std::unique_ptr<LogWriter> MemoryLog::writer(const std::string& identity,
                                             std::vector<std::string> topics) {
  call(Kind::writer, identity);
  std::unique_ptr<LogWriter> writer;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& topic : topics) topic_of(topic);
    writer = std::make_unique<Writer>(*this, identity, ++owners_[identity], std::move(topics));
  }
  call(Kind::writer, identity, true);
  return writer;
}

void MemoryLog::refuse_impossible(const Outbox& records, const std::vector<std::string>& topics) {
  for (const Outbox::Entry& entry : records.entries()) {
    partition_of(topics.at(entry.topic), entry.partition);
    const std::size_t size = std::size_t{entry.headers_size} + entry.key_size + entry.value_size;
    if (size > options_.max_record_bytes)
      throw LogFailure(LogFailure::Kind::refused,
                       fmt::format("a record of {} bytes for topic {}: the limit is {}", size,
                                   topics[entry.topic], options_.max_record_bytes));
  }
}

void MemoryLog::apply(const Outbox& records, const std::vector<std::string>& topics, bool visible) {
  const std::int64_t now = options_.clock();
  std::vector<Topic*> known;
  for (const std::string& topic : topics) known.push_back(&topic_of(topic));
  std::set<Partition*> touched;
  Partition* last = nullptr;
  for (const Outbox::Entry& entry : records.entries()) {
    Partition& partition = (*known[entry.topic])[static_cast<std::size_t>(entry.partition)];
    if (&partition != last) touched.insert(last = &partition);
    if (!visible) {
      partition.records.skip(1);
      continue;
    }
    partition.records.append(
        entry.has_key ? std::optional(records.key(entry)) : std::nullopt,
        entry.has_value ? std::optional(records.value(entry)) : std::nullopt, now,
        entry.headers_size > 0 ? records.headers(entry) : std::vector<Header>());
  }
  for (Partition* partition : touched) {
    partition->records.skip(1);
    partition->wake();
  }
}

std::int64_t MemoryLog::append(const std::string& topic, std::int32_t partition,
                               std::optional<std::string_view> key,
                               std::optional<std::string_view> value, std::int64_t timestamp,
                               std::span<const Header> headers) {
  const std::lock_guard lock(mutex_);
  Partition& at = partition_of(topic, partition);
  const std::int64_t offset = at.records.append(key, value, timestamp, headers);
  at.wake();
  return offset;
}

std::int64_t MemoryLog::backlog_of(const Partition& partition) const {
  const OffsetRange range = partition.records.range();
  std::int64_t next = partition.readers.empty() ? range.first : range.end;
  for (const Subscription* reader : partition.readers) next = std::min(next, reader->next);
  return range.end - next;
}

std::int64_t MemoryLog::backlog(const std::string& topic, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  return backlog_of(partition_of(topic, partition));
}

bool MemoryLog::wait_for_backlog(const std::string& topic, std::int32_t partition,
                                 std::int64_t most, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  const Partition& at = partition_of(topic, partition);
  return fetched_.wait_for(lock, time, [&] { return backlog_of(at) <= most; });
}

void MemoryLog::delete_records(const std::string& topic, std::int32_t partition,
                               std::int64_t before) {
  const std::lock_guard lock(mutex_);
  partition_of(topic, partition).records.trim(before);
}

std::optional<std::int64_t> MemoryLog::committed(const std::string& topic, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  const auto found = committed_.find({topic, partition});
  return found == committed_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace weir
