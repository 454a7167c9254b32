#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/engine/runner.h"

// What a runner does about input that kills it and input that is gone.

namespace weir {
namespace {

constexpr std::uint32_t kMostDeaths = 3;
constexpr std::chrono::seconds kHeadroomEvery{30};

}  // namespace

/// Reads what the last process had in hand when it died.
void Runner::watch_deaths() {
  if (!settings_.watch_deaths || settings_.state_dir.empty()) return;
  deaths_.emplace(settings_.state_dir / fmt::format("shard-{}", settings_.shard) / "in-hand");
  const std::optional<DeathWatch::Mark> left = deaths_->left();
  if (!left || !settings_.crashed) return;
  in_hand_ = *left;
  if (past_danger()) {
    in_hand_ = {};
    return;
  }
  ++in_hand_.deaths;
  poison_ = in_hand_.alone;
  in_hand_.alone.reset();
  if (poison_)
    notes_.push_back(fmt::format(
        "offset {} of {} [{}] ended the process whenever it was processed: it goes to the dead "
        "letters",
        poison_->offset, poison_->source, poison_->partition));
  else if (in_hand_.deaths >= kMostDeaths)
    notes_.push_back(fmt::format(
        "the process died {} times over the same records: they are processed one by one",
        in_hand_.deaths));
}

/// Whether all records that were in hand at the last death are processed.
bool Runner::past_danger() const {
  return std::ranges::all_of(in_hand_.taken, [this](const DeathWatch::Taken& one) {
    for (std::size_t lane = 0; lane < lanes_->size(); ++lane)
      if (graph_->sources[lanes_->lane(lane).source].name == one.source &&
          lanes_->lane(lane).partition == one.partition)
        return lanes_->position(lane) >= one.upto;
    return true;
  });
}

bool Runner::one_by_one() const { return in_hand_.deaths >= kMostDeaths; }

/// Notes what is in hand before it is processed.
void Runner::note_in_hand(std::size_t lane, const Record& first) {
  if (!deaths_) return;
  const std::string& source = graph_->sources[lanes_->lane(lane).source].name;
  const std::int32_t partition = lanes_->lane(lane).partition;
  if (one_by_one()) {
    in_hand_.alone = Skip{source, partition, first.offset};
  } else {
    const auto at = std::ranges::find_if(in_hand_.taken, [&](const DeathWatch::Taken& one) {
      return one.source == source && one.partition == partition;
    });
    const std::int64_t upto = lanes_->position(lane);
    if (at == in_hand_.taken.end())
      in_hand_.taken.push_back({source, partition, upto});
    else
      at->upto = std::max(at->upto, upto);
  }
  deaths_->note(in_hand_);
}

/// An epoch is committed: what it held has killed nobody.
void Runner::survived() {
  if (in_hand_.deaths == 0 || !past_danger()) return;
  if (one_by_one()) notes_.push_back("the records that ended the process are behind");
  in_hand_ = {};
  poison_.reset();
}

bool Runner::is_poison(const std::string& source, std::int32_t partition,
                       std::int64_t offset) const {
  return poison_ && poison_->offset == offset && poison_->partition == partition &&
         poison_->source == source;
}

/// Goes on where records begin that are still there; says which are not. False: none is missing.
bool Runner::pass_over_lost() {
  park(false);
  if (stopped_ != Stopped::no) return false;
  Positions positions = lanes_->positions();
  for (std::size_t lane = 0; lane < positions.size(); ++lane) {
    const SourceNode& source = graph_->sources[lanes_->lane(lane).source];
    const std::string topic = source.config->spec->topic();
    if (topic.empty()) continue;
    const std::int32_t partition = lanes_->lane(lane).partition;
    const std::int64_t first = log_of(source).offsets(topic, partition).first;
    if (positions[lane] >= first) continue;
    record_.lost.push_back({source.name, partition, positions[lane], first - 1});
    notes_.push_back(
        fmt::format("offsets {} to {} of {} [{}] were deleted before they were read: passed over "
                    "(engine.on_lost_input: skip)",
                    positions[lane], first - 1, topic, partition));
    lost_records_ += static_cast<std::uint64_t>(first - positions[lane]);
    positions[lane] = first;
  }
  if (record_.lost.empty()) return false;
  epoch_began_ = now();
  open_lanes(positions);
  return true;
}

/// The epochs after the newest snapshot cannot be replayed, since their input is gone: goes on from
/// the snapshot's state behind them. Their outputs are there; what they taught is not.
void Runner::go_on_without(std::uint64_t last, const Tell& tell) {
  Positions positions;
  const auto epochs = start_of_replay(last, positions);
  const std::uint64_t base = next_epoch_ - 1;
  std::map<std::pair<std::string, std::int32_t>, LostInput> lost;
  while (const std::optional<EpochRecord> record = epochs->next()) {
    if (record->resumed == base) {  // this was done once already
      for (const LostInput& one : record->lost)
        positions[lane_of(one.source, one.partition)] = one.last + 1;
      open_lanes(positions);
      resuming_ = true;
      replay(*record);
      chain_ = record->chain;
      next_epoch_ = record->epoch + 1;
      return replay_all(*epochs, last, tell);
    }
    if (record->begin)
      throw std::runtime_error(fmt::format(
          "input is gone from {} on, and the pipeline changed at epoch {}: neither replay nor "
          "skipping leads there. Start under another pipeline name",
          base + 1, record->epoch));
    for (const Run& run : record->runs) {
      LostInput& all = lost[{run.source, run.partition}];
      if (all.source.empty()) all = {run.source, run.partition, run.first, run.last};
      all.last = run.last;
      positions[lane_of(run.source, run.partition)] = run.last + 1;
      lost_records_ += run.count;
    }
    chain_ = record->chain;
    next_epoch_ = record->epoch + 1;
  }
  open_lanes(positions);
  record_.resumed = base;
  for (auto& [lane, one] : lost) {
    notes_.push_back(fmt::format(
        "offsets {} to {} of source {} [{}] were deleted before they could be replayed: their "
        "outputs are there, but the state goes on from epoch {} without them "
        "(engine.on_lost_input: skip)",
        one.first, one.last, one.source, one.partition, base));
    record_.lost.push_back(std::move(one));
  }
  last_snapshot_ = {};  // the next epoch takes one: replay can begin behind the gap
}

/// Epochs before the oldest snapshot that everyone can read are needed for audits alone.
void Runner::trim_epochs() {
  const std::optional<TopicSnapshot> oldest = snapshots_->oldest_in_topic();
  if (!oldest || oldest->log_position <= trimmed_) return;
  const std::string topic = epochs_topic(live_graph_.pipeline);
  const auto shard = static_cast<std::int32_t>(settings_.shard);
  try {
    const std::int64_t before = std::min(
        oldest->log_position,
        world_.log.offset_at(topic, shard, world_.now_ms() - settings_.engine.keep_epochs.ms));
    if (before <= trimmed_) return;
    world_.log.delete_records(topic, shard, before);
    trimmed_ = before;
  } catch (const LogFailure&) {  // again with the next
  }
}

/// How much of the input a replay would need is still there, and for how long; takes a snapshot in
/// time.
void Runner::watch_headroom(Clock::time_point time) {
  if (time - headroom_at_ < kHeadroomEvery || snapshot_positions_.size() != lanes_->size()) return;
  headroom_at_ = time;
  trim_epochs();
  headroom_.assign(lanes_->size(), {});
  bool soon = false;
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane) {
    const std::size_t s = lanes_->lane(lane).source;
    const std::string topic = graph_->sources[s].config->spec->topic();
    if (topic.empty()) continue;
    Headroom& room = headroom_[lane];
    try {
      const OffsetRange range =
          log_of(graph_->sources[s]).offsets(topic, lanes_->lane(lane).partition);
      room.records = snapshot_positions_[lane].first - range.first;
      if (lanes_->position(lane) > snapshot_positions_[lane].first)
        soon = soon || room.records < (range.end - range.first) / 10;
    } catch (const LogFailure&) {
      continue;
    }
    const std::int64_t retention = s < layout_->retention_ms.size() ? layout_->retention_ms[s] : -1;
    if (retention < 0 || snapshot_positions_[lane].second == kNoTime) continue;
    const std::int64_t left = retention - (world_.now_ms() - snapshot_positions_[lane].second);
    room.seconds = static_cast<double>(left) / 1000;
    soon = soon || left < retention / 2;
  }
  if (soon) last_snapshot_ = {};  // with the next epoch
}

}  // namespace weir
