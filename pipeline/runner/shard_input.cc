#include "pipeline/runner/shard_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "pipeline/core/check.h"
#include "pipeline/core/topic_names.h"

namespace weir {
namespace {

// How long an end-of-partition answer stays valid before a tick has to check again.
constexpr std::chrono::seconds kConfirmEvery{1};
// How long to wait after a slow answer before querying this partition, and any, again.
constexpr std::chrono::seconds kAskAgain{20};
constexpr std::chrono::seconds kAskAnyAgain{2};

}  // namespace

ShardInput::ShardInput(const PipelineInForce& pipeline, const World& world, Signal& signal)
    : pipeline_(pipeline), world_(world), signal_(signal), lanes_({}, {}, {}, signal) {}

void ShardInput::close_lanes() { lanes_ = Lanes({}, {}, {}, signal_); }

void ShardInput::open(const Cursor& at) {
  last_times_.assign(pipeline_.lanes().size(), kNoTime);
  reopen(at);
}

void ShardInput::reopen(const Cursor& at) {
  const std::vector<Lane> lanes = pipeline_.lanes();
  const std::vector<SourceNode>& sources = pipeline_.graph().sources;
  std::vector<std::int64_t> positions;
  for (const Lane& lane : lanes) {
    const auto next = at.at(sources[lane.source].name, lane.partition);
    check(next.has_value(), "the cursor has every lane");
    positions.push_back(*next);
  }
  inputs_.clear();
  std::vector<std::unique_ptr<RecordReader>> readers;
  for (const SourceNode& source : sources) {
    inputs_.push_back(pipeline_.input_of(source));
    readers.push_back(inputs_.back().reader());
  }
  confirmed_.assign(lanes.size(), {});
  ask_again_.assign(lanes.size(), {});
  lanes_ = Lanes(lanes, std::move(readers), std::move(positions), signal_);
  const auto next = at.at(kControlSource, 0);
  if (next == commands_position()) return;
  commands_.reset();
  if (next) commands_.emplace(world_.log, pipeline_.name(), *next, signal_);
}

const SourceNode& ShardInput::source(std::size_t lane) const {
  return pipeline_.graph().sources[lanes_.lane(lane).source];
}

std::size_t ShardInput::lane_of(const std::string& source, std::int32_t partition) const {
  for (std::size_t lane = 0; lane < size(); ++lane)
    if (this->partition(lane) == partition && this->source(lane).name == source) return lane;
  throw std::runtime_error(fmt::format(
      "the epochs name source {} [{}], which this pipeline does not read", source, partition));
}

Cursor ShardInput::cursor() const {
  std::vector<Cursor::Entry> entries;
  for (std::size_t lane = 0; lane < size(); ++lane)
    entries.push_back({{source(lane).name, partition(lane)}, position(lane)});
  if (commands_) entries.push_back({{std::string(kControlSource), 0}, commands_->position()});
  return Cursor(std::move(entries));
}

void ShardInput::refill(std::size_t max, Clock::time_point now) { lanes_.refill(max, now); }

std::span<const Record> ShardInput::take(std::size_t lane, std::size_t max, std::size_t bytes) {
  const std::span<const Record> records = lanes_.take(lane, max, bytes);
  if (!records.empty()) last_times_[lane] = records.back().timestamp;
  return records;
}

void ShardInput::refill_commands(std::size_t max) {
  if (commands_) commands_->refill(max);
}

std::span<const Record> ShardInput::take_commands(std::size_t max) {
  return commands_ ? commands_->take(max) : std::span<const Record>();
}

std::optional<std::int64_t> ShardInput::commands_position() const {
  return commands_ ? std::optional(commands_->position()) : std::nullopt;
}

bool ShardInput::at_end(std::size_t lane) const {
  if (!lanes_.ended(lane)) return false;
  return !input(lane).grows() || input(lane).range(partition(lane)).end <= lanes_.read_to(lane);
}

bool ShardInput::commands_at_end() const {
  return commands_->ended() &&
         world_.log.offsets(control_topic(pipeline_.name()), 0).end <= commands_->read_to();
}

bool ShardInput::still_at_end(std::size_t lane, Clock::time_point now) {
  if (!input(lane).grows() || now - confirmed_[lane] < kConfirmEvery) return true;
  if (world_.now() < std::max(ask_again_[lane], ask_any_again_)) return false;
  if (const auto there = range(lane); there && there->end <= lanes_.read_to(lane)) {
    confirmed_[lane] = now;
    return true;
  }
  lanes_.end_again(lane, world_.now());
  return false;
}

std::optional<OffsetRange> ShardInput::range(std::size_t lane) {
  if (world_.now() < std::max(ask_again_[lane], ask_any_again_)) return std::nullopt;
  try {
    return input(lane).range(partition(lane), kSoon);
  } catch (const LogFailure&) {
    ask_again_[lane] = world_.now() + kAskAgain;
    ask_any_again_ = world_.now() + kAskAnyAgain;
    return std::nullopt;
  }
}

bool ShardInput::has_read_past_end() const {
  for (std::size_t lane = 0; lane < size(); ++lane) {
    if (!input(lane).grows()) continue;
    try {
      if (position(lane) > input(lane).range(partition(lane), kSoon).end) return true;
    } catch (const LogFailure&) {  // not known, and what is being reported matters more
    }
  }
  return false;
}

std::int64_t ShardInput::first_offset(std::size_t lane) const {
  return input(lane).range(partition(lane)).first;
}

Cursor ShardInput::starts() const {
  std::vector<Cursor::Entry> starts;
  for (const Lane& lane : pipeline_.lanes()) {
    const SourceNode& source = pipeline_.graph().sources[lane.source];
    starts.push_back({{source.name, lane.partition},
                      pipeline_.input_of(source).start(lane.partition, world_.now_ms())});
  }
  return Cursor(std::move(starts));
}

std::optional<std::int64_t> ShardInput::first_command() const {
  const std::string topic = control_topic(pipeline_.name());
  if (!world_.log.partitions(topic)) return std::nullopt;
  return world_.log.offsets(topic, 0).end;
}

void ShardInput::report(MetricSamples& samples) const {
  for (std::size_t lane = 0; lane < size(); ++lane) {
    const std::string number = std::to_string(partition(lane));
    const MetricLabel labels[] = {{"topic", input(lane).name()},
                                  {"partition", number}};
    if (const std::int64_t records = lag(lane); records >= 0)
      samples.value(metric::consumer_lag_records, labels, static_cast<double>(records));
  }
}

}  // namespace weir
