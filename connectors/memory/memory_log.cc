#include "connectors/memory/memory_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "connectors/memory/memory_log_parts.h"
#include "pipeline/core/check.h"

namespace weir {

using Kind = MemoryLog::Call::Kind;

namespace {

void take_number(const std::map<std::string, std::string>& settings, const char* name,
                 std::int64_t& number) {
  const auto found = settings.find(name);
  if (found == settings.end()) return;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw LogFailure(LogFailure::Kind::refused, fmt::format("{} is a number, not {}", name, text));
}

TopicSettings settings_of(const std::map<std::string, std::string>& named) {
  TopicSettings settings;
  if (const auto policy = named.find("cleanup.policy"); policy != named.end()) {
    settings.compacted = policy->second.find("compact") != std::string::npos;
    settings.deletes = !settings.compacted || policy->second.find("delete") != std::string::npos;
  }
  take_number(named, "retention.ms", settings.retention_ms);
  take_number(named, "retention.bytes", settings.retention_bytes);
  take_number(named, "min.compaction.lag.ms", settings.min_compaction_lag_ms);
  take_number(named, "max.message.bytes", settings.max_record_bytes);
  return settings;
}

}  // namespace

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
  std::vector<Partition>& partitions = topic_of(topic).partitions;
  if (partition < 0 || static_cast<std::size_t>(partition) >= partitions.size())
    throw LogFailure(LogFailure::Kind::refused, fmt::format("topic {} has {} partitions, no [{}]",
                                                            topic, partitions.size(), partition));
  return partitions[static_cast<std::size_t>(partition)];
}

std::optional<std::int32_t> MemoryLog::partitions(const std::string& topic,
                                                  std::chrono::milliseconds) {
  call(Kind::partitions, topic);
  std::optional<std::int32_t> count;
  {
    const std::lock_guard lock(mutex_);
    const auto found = topics_.find(topic);
    if (found != topics_.end()) count = static_cast<std::int32_t>(found->second.partitions.size());
  }
  call(Kind::partitions, topic, true);
  return count;
}

void MemoryLog::create_topic(const std::string& topic, std::int32_t partitions,
                             const std::map<std::string, std::string>& settings) {
  check(partitions > 0, "a topic has partitions");
  const TopicSettings wanted = settings_of(settings);
  call(Kind::create_topic, topic);
  {
    const std::lock_guard lock(mutex_);
    const auto [at, added] = topics_.try_emplace(topic);
    if (added) at->second = {std::vector<Partition>(static_cast<std::size_t>(partitions)), wanted};
  }
  call(Kind::create_topic, topic, true);
}

TopicSettings MemoryLog::settings(const std::string& topic) {
  call(Kind::settings, topic);
  TopicSettings settings;
  {
    const std::lock_guard lock(mutex_);
    settings = topic_of(topic).settings;
  }
  call(Kind::settings, topic, true);
  return settings;
}

void MemoryLog::add_partitions(const std::string& topic, std::int32_t partitions) {
  const std::lock_guard lock(mutex_);
  std::vector<Partition>& all = topic_of(topic).partitions;
  check(static_cast<std::size_t>(partitions) >= all.size(), "a topic does not shrink");
  all.resize(static_cast<std::size_t>(partitions));
}

void MemoryLog::set_settings(const std::string& topic, const TopicSettings& settings) {
  const std::lock_guard lock(mutex_);
  topic_of(topic).settings = settings;
}

OffsetRange MemoryLog::offsets(const std::string& topic, std::int32_t partition,
                               std::chrono::milliseconds) {
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
                                             std::vector<std::string> topics, Delivery delivery) {
  call(Kind::writer, identity);
  std::unique_ptr<LogWriter> writer;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& topic : topics) topic_of(topic);  // else nobody is fenced
    const std::uint64_t generation = delivery == Delivery::plain ? 0 : ++owners_[identity];
    writer = std::make_unique<Writer>(*this, identity, generation, topics, delivery);
  }
  call(Kind::writer, identity, true);
  return writer;
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
  call(Kind::delete_records, topic);
  {
    const std::lock_guard lock(mutex_);
    MemoryPartition& records = partition_of(topic, partition).records;
    if (before > records.range().end)
      throw LogFailure(LogFailure::Kind::refused,
                       fmt::format("{}[{}] has no records up to {}: it ends at {}", topic,
                                   partition, before, records.range().end));
    records.trim(before);
  }
  call(Kind::delete_records, topic, true);
}

std::optional<std::int64_t> MemoryLog::committed(const std::string& topic, std::int32_t partition) {
  const std::lock_guard lock(mutex_);
  const auto found = committed_.find({topic, partition});
  return found == committed_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace weir
