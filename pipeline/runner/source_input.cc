#include "pipeline/runner/source_input.h"

#include "pipeline/config/start_time.h"

namespace weir {

SourceInput::SourceInput(const SourceNode& source, const SourceConfig& config, const World& world)
    : source_(*source.config), log_(nullptr), name_(source_.spec->topic()) {
  if (name_.empty())
    name_ = source.name;
  else
    log_ = &world.source_log(config);
}

std::unique_ptr<RecordReader> SourceInput::reader() const {
  if (grows()) return log_->reader(name_);
  return source_.spec->open_as(source_.format_name, source_.format->rows());
}

std::optional<std::int32_t> SourceInput::partitions(std::chrono::milliseconds patience) const {
  return grows() ? log_->partitions(name_, patience) : std::optional(1);
}

OffsetRange SourceInput::range(std::int32_t partition, std::chrono::milliseconds patience) const {
  return log_->offsets(name_, partition, patience);
}

std::int64_t SourceInput::start(std::int32_t partition, std::int64_t now_ms) const {
  if (!grows()) return 0;
  const OffsetRange there = range(partition);
  if (source_.start == "earliest") return there.first;
  if (source_.start == "latest") return there.end;
  return log_->offset_at(name_, partition, start_time(source_, now_ms));
}

/// Another cluster's topic takes no part in the transaction of an epoch.
std::optional<CommittedOffset> SourceInput::to_commit(std::int32_t partition,
                                                      std::int64_t position) const {
  if (!grows() || source_.elsewhere() || position <= 0) return std::nullopt;
  return CommittedOffset{name_, partition, position};
}

}  // namespace weir
