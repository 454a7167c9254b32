#include <fmt/format.h>

#include "connectors/memory/memory_log_parts.h"
#include "pipeline/core/check.h"

namespace weir {

using Kind = MemoryLog::Call::Kind;

MemoryLog::Reader::~Reader() {
  const std::lock_guard lock(log_.mutex_);
  for (auto& [partition, place] : places_)
    std::erase(log_.partition_of(topic_, partition).readers, &place.shared);
  log_.fetched_.notify_all();
}

void MemoryLog::Reader::start(std::span<const PartitionOffset> positions, Signal& signal) {
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

RecordReader::Fetched MemoryLog::Reader::fetch(std::int32_t partition, std::size_t max,
                                               std::vector<Record>& out) {
  log_.call(Kind::fetch, topic_);
  const Fetched fetched = take(partition, max, out);
  log_.call(Kind::fetch, topic_, true);
  return fetched;
}

std::int64_t MemoryLog::Reader::end_offset(std::int32_t partition) {
  const std::lock_guard lock(log_.mutex_);
  return log_.partition_of(topic_, partition).records.range().end;
}

RecordReader::Fetched MemoryLog::Reader::take(std::int32_t partition, std::size_t max,
                                              std::vector<Record>& out) {
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

}  // namespace weir
