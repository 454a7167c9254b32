#include "pipeline/epochs/epoch_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/core/topic_names.h"

namespace weir {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::size_t kRecords = 256;  // fetched at a time

}  // namespace

EpochReader::EpochReader(Log& log, const std::string& pipeline, std::uint32_t shard,
                         std::int64_t from, const Wait& wait)
    : log_(log),
      topic_(epochs_topic(pipeline)),
      partition_(static_cast<std::int32_t>(shard)),
      from_(from),
      wait_(wait),
      range_(log.offsets(topic_, partition_)) {
  from_ = std::max(from, range_.first);
  if (from_ < range_.end) start();
}

void EpochReader::start() {
  const PartitionOffset at{partition_, from_};
  reader_ = log_.reader(topic_);
  reader_->start({&at, 1}, signal_);
}

void EpochReader::follow() {
  follow_ = true;
  if (!reader_) start();
}

EpochReader::~EpochReader() = default;

/// Gets some records; returns whether there are any before the end.
bool EpochReader::fetch() {
  if (!reader_) return false;
  auto waited = std::chrono::milliseconds(0);
  for (;;) {
    records_.clear();
    next_ = 0;
    const auto fetched = reader_->fetch(partition_, kRecords, records_);
    if (fetched.count > 0) return true;
    if (follow_) return false;
    // An end alone proves nothing: it must be the end that was there when we asked.
    if (fetched.end && fetched.next >= range_.end) return false;
    if (waited > kPatience)
      throw LogFailure(LogFailure::Kind::unreachable,
                       fmt::format("{} [{}] cannot be read to its end", topic_, partition_));
    const auto pause = std::chrono::milliseconds(100);
    if (!(wait_ ? wait_(signal_, pause) : signal_.wait_for(pause))) waited += pause;
  }
}

std::optional<EpochRecord> EpochReader::next() {
  if (next_ == records_.size() && !fetch()) return std::nullopt;
  const Record& record = records_[next_++];
  offset_ = record.offset;
  timestamp_ = record.timestamp;
  EpochRecord epoch;
  try {
    epoch = EpochRecord::read(record.value, chain_);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(
        fmt::format("{} [{}] at offset {}: {}", topic_, partition_, record.offset, error.what()));
  }
  if (epoch_ && epoch.epoch != *epoch_ + 1)
    throw std::runtime_error(fmt::format("{} [{}]: epoch {} follows epoch {}", topic_, partition_,
                                         epoch.epoch, *epoch_));
  chain_ = epoch.chain;
  epoch_ = epoch.epoch;
  return epoch;
}

std::vector<EpochRecord> read_epochs(Log& log, const std::string& pipeline, std::uint32_t shard,
                                     std::int64_t from, std::size_t most, const Wait& wait) {
  std::vector<EpochRecord> epochs;
  EpochReader reader(log, pipeline, shard, from, wait);
  while (epochs.size() < most) {
    std::optional<EpochRecord> next = reader.next();
    if (!next) break;
    epochs.push_back(std::move(*next));
  }
  return epochs;
}

std::optional<EpochRecord> last_epoch(Log& log, const std::string& pipeline, std::uint32_t shard,
                                      const Wait& wait) {
  const OffsetRange range = log.offsets(epochs_topic(pipeline), static_cast<std::int32_t>(shard));
  // Between two records are the offsets of control records and of what was aborted.
  for (std::int64_t back = 16;; back *= 16) {
    const std::int64_t from = std::max(range.first, range.end - back);
    const std::vector<EpochRecord> epochs =
        read_epochs(log, pipeline, shard, from, std::numeric_limits<std::size_t>::max(), wait);
    if (!epochs.empty()) return epochs.back();
    if (from == range.first) return std::nullopt;
  }
}

}  // namespace weir
