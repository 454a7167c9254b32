#include "pipeline/engine/epoch_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace weir {
namespace {

constexpr std::chrono::seconds kPatience{60};

}  // namespace

std::string epochs_topic(const std::string& pipeline) { return "weir." + pipeline + ".epochs"; }
std::string dead_letters_topic(const std::string& pipeline) { return pipeline + ".dead-letters"; }
std::string shard_identity(const std::string& pipeline, std::uint32_t shard) {
  return fmt::format("weir.{}.{}", pipeline, shard);
}
std::string consumer_group(const std::string& pipeline) { return "weir." + pipeline; }

std::vector<EpochRecord> read_epochs(Log& log, const std::string& pipeline, std::uint32_t shard,
                                     std::int64_t from, std::size_t most) {
  const std::string topic = epochs_topic(pipeline);
  const auto partition = static_cast<std::int32_t>(shard);
  const OffsetRange range = log.offsets(topic, partition);
  std::vector<EpochRecord> epochs;
  if (range.end <= range.first) return epochs;
  Signal signal;
  const auto reader = log.reader(topic);
  const PartitionOffset start{partition, std::max(from, range.first)};
  if (start.offset >= range.end) return epochs;
  reader->start({&start, 1}, signal);
  std::optional<std::uint64_t> chain;
  auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (std::vector<Record> records;;) {
    records.clear();
    const auto fetched = reader->fetch(partition, std::min<std::size_t>(1000, most), records);
    for (const Record& record : records) {
      try {
        epochs.push_back(EpochRecord::read(record.value, chain));
      } catch (const std::runtime_error& error) {
        throw std::runtime_error(
            fmt::format("{} [{}] at offset {}: {}", topic, shard, record.offset, error.what()));
      }
      chain = epochs.back().chain;
      if (epochs.size() > 1 && epochs.back().epoch != epochs[epochs.size() - 2].epoch + 1)
        throw std::runtime_error(fmt::format("{} [{}]: epoch {} follows epoch {}", topic, shard,
                                             epochs.back().epoch, epochs[epochs.size() - 2].epoch));
    }
    if (epochs.size() >= most) return epochs;
    if (fetched.count > 0) {
      deadline = std::chrono::steady_clock::now() + kPatience;
      continue;
    }
    // An end alone proves nothing: it must be the end that was there when we asked.
    if (fetched.end && fetched.next >= range.end) return epochs;
    if (std::chrono::steady_clock::now() > deadline)
      throw LogFailure(LogFailure::Kind::unreachable,
                       fmt::format("{} [{}] cannot be read to its end", topic, shard));
    signal.wait_for(std::chrono::milliseconds(100));
  }
}

}  // namespace weir
