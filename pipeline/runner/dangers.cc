#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>

#include "pipeline/epochs/topic_names.h"
#include "pipeline/runner/runner.h"

// What a runner does about input that kills it and input that is gone.

namespace weir {
namespace {

constexpr std::uint32_t kMostDeaths = 3;
constexpr std::chrono::seconds kHeadroomEvery{30};

/// Of the shards of this process: one that has a record alone works while no other does, else it
/// might be blamed for the death that another's record brings.
struct Turns {
  std::mutex door;  // whoever waits to be alone holds it: nobody enters before
  std::shared_mutex inside;
} turns;

/// Adds what one lane has in hand.
void extend(std::vector<DeathWatch::Taken>& all, const DeathWatch::Taken& more) {
  const auto at = std::ranges::find_if(all, [&](const DeathWatch::Taken& one) {
    return one.source == more.source && one.partition == more.partition;
  });
  if (at == all.end())
    all.push_back(more);
  else
    at->upto = std::max(at->upto, more.upto);
}

}  // namespace

/// Reads what the last process had in hand when it died.
void Runner::watch_deaths() {
  if (!settings_.watch_deaths || settings_.state_dir.empty()) return;
  deaths_.emplace(settings_.state_dir / fmt::format("shard-{}", settings_.shard) / "in-hand");
  const std::optional<DeathWatch::Mark> left = deaths_->left();
  if (!left) return;
  const Positions here = lanes_->positions();
  const bool again = !is_past(left->danger, here);
  if (!again && (!settings_.crashed || is_past(left->taken, here))) return;
  in_hand_.deaths = left->deaths;
  in_hand_.danger = left->danger;
  if (settings_.crashed) {  // a process that was killed leaves what was known before
    in_hand_.deaths = again ? left->deaths + 1 : 1;
    if (!again) in_hand_.danger.clear();
    for (const DeathWatch::Taken& one : left->taken) extend(in_hand_.danger, one);
  }
  std::vector<Skip> poison = left->poison;
  if (settings_.crashed && left->alone) poison.push_back(*left->alone);
  for (const Skip& one : poison) {
    if (is_past({{one.source, one.partition, one.offset + 1}}, here)) continue;
    in_hand_.poison.push_back(one);
    notes_.push_back(fmt::format(
        "offset {} of {} [{}] ended the process whenever it was processed: it goes to the dead "
        "letters",
        one.offset, one.source, one.partition));
  }
  if (in_hand_.poison.empty() && one_by_one())
    notes_.push_back(fmt::format(
        "the process died {} times over the same records: they are processed one by one",
        in_hand_.deaths));
}

/// Whether all of these records are processed where the lanes are at `here`.
bool Runner::is_past(const std::vector<DeathWatch::Taken>& all, const Positions& here) const {
  return std::ranges::all_of(all, [&](const DeathWatch::Taken& one) {
    for (std::size_t lane = 0; lane < lanes_->size(); ++lane)
      if (graph_->sources[lanes_->lane(lane).source].name == one.source &&
          lanes_->lane(lane).partition == one.partition)
        return here[lane] >= one.upto;
    return true;
  });
}

bool Runner::one_by_one() const { return deaths_ && in_hand_.deaths >= kMostDeaths; }

/// Notes what a lane has given before it is processed.
void Runner::note_in_hand(std::size_t lane) {
  if (!deaths_ || one_by_one()) return;
  const std::string& source = graph_->sources[lanes_->lane(lane).source].name;
  extend(in_hand_.taken, {source, lanes_->lane(lane).partition, lanes_->position(lane)});
  deaths_->note(in_hand_);
}

/// Held while a shard works, but for the records that it has alone.
std::shared_lock<std::shared_mutex> Runner::beside_others() const {
  if (one_by_one()) return {};
  const std::lock_guard enter(turns.door);
  return std::shared_lock(turns.inside);
}

/// One record goes through everything by itself: it is noted before, and no longer when it is on
/// its way to the log, since a death that comes then is not its doing. Nor is one that comes while
/// another shard of the process works.
void Runner::process_alone(std::size_t lane, const Record& record) {
  const std::scoped_lock alone(turns.door, turns.inside);
  in_hand_.alone = Skip{graph_->sources[lanes_->lane(lane).source].name,
                        lanes_->lane(lane).partition, record.offset};
  deaths_->note(in_hand_);
  process(lane, record);
  shard_->flush();
  in_hand_.alone.reset();
  deaths_->note(in_hand_);
}

/// An epoch is committed: what it held has killed nobody.
void Runner::survived() {
  if (in_hand_.deaths == 0 || !is_past(in_hand_.danger, closed_)) return;
  if (one_by_one()) notes_.push_back("the records that ended the process are behind");
  in_hand_.deaths = 0;
  in_hand_.danger.clear();
  in_hand_.poison.clear();
  deaths_->note(in_hand_);
}

/// The shard is given up, or ends by itself: no record is to blame.
void Runner::nobody_dies() {
  if (!deaths_) return;
  in_hand_ = {};
  deaths_->clear();
}

bool Runner::is_poison(const std::string& source, std::int32_t partition,
                       std::int64_t offset) const {
  return contains(in_hand_.poison, source, partition, offset);
}

/// Goes on where records begin that are still there; says which are not. False: none is missing.
bool Runner::pass_over_lost() {
  commit_open();
  if (stopped_ != Stopped::no) return false;
  Positions positions = lanes_->positions();
  std::vector<std::pair<std::size_t, LostInput>> lost;
  for (std::size_t lane = 0; lane < positions.size(); ++lane) {
    const SourceNode& source = graph_->sources[lanes_->lane(lane).source];
    const std::string topic = source.config->spec->topic();
    if (topic.empty()) continue;
    const std::int32_t partition = lanes_->lane(lane).partition;
    const std::int64_t first = log_of(source).offsets(topic, partition).first;
    if (positions[lane] >= first) continue;
    lost.push_back({lane, {source.name, partition, positions[lane], first - 1}});
    positions[lane] = first;
  }
  const std::string commands = control_topic(live_graph_.pipeline);
  const std::int64_t first = control_ ? world_.log.offsets(commands, 0).first : 0;
  const bool commands_lost = control_ && control_->position() < first;
  if (lost.empty() && !commands_lost) return false;
  for (auto& [lane, one] : lost) {
    notes_.push_back(fmt::format(
        "offsets {} to {} of {} [{}] were deleted before they were read: passed over "
        "(engine.on_lost_input: skip)",
        one.first, one.last, graph_->sources[lanes_->lane(lane).source].config->spec->topic(),
        one.partition));
    lost_records_ += static_cast<std::uint64_t>(one.last - one.first + 1);
    record_.lost.push_back(std::move(one));
  }
  if (commands_lost) {
    record_.lost.push_back({std::string(kControlSource), 0, control_->position(), first - 1});
    notes_.push_back(fmt::format("commands at offsets {} to {} of {} were deleted: passed over",
                                 control_->position(), first - 1, commands));
    open_control(first);
  }
  epoch_began_ = now();
  snapshot_due_ = true;  // what came before the gap is likely to be gone too
  std::vector<std::int64_t> times = std::move(last_times_);
  open_lanes(positions);
  last_times_ = std::move(times);
  return true;
}

/// Whether a partition ends before what was read of it already.
bool Runner::read_past_end() {
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane) {
    const SourceNode& source = graph_->sources[lanes_->lane(lane).source];
    const std::string topic = source.config->spec->topic();
    if (topic.empty()) continue;
    const std::int32_t partition = lanes_->lane(lane).partition;
    try {
      if (lanes_->position(lane) > log_of(source).offsets(topic, partition, kSoon).end) return true;
    } catch (const LogFailure&) {  // it is not known, and what is being told goes first
    }
  }
  return false;
}

/// Says of lost input what to do about it.
std::string Runner::with_way_out(const LogFailure& lost) {
  if (read_past_end())
    return fmt::format(
        "{}. More of it was read than there is: the topic was made anew, or has lost its end, and "
        "what this pipeline knows is of the records before. Start under another pipeline name",
        lost.what());
  return fmt::format(
      "input was deleted before weir was done with it: {}. To go on without it, start with "
      "engine.on_lost_input: skip",
      lost.what());
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
        go_to(positions, one.source, one.partition, one.last + 1);
      open_lanes(positions);
      resuming_ = true;
      replay(*record, epochs->timestamp());
      passed(*record);
      snapshot_due_ = true;
      return replay_all(*epochs, last, tell);
    }
    for (const LostInput& one : record->lost)
      if (one.source != kControlSource)
        positions[lane_of(one.source, one.partition)] = one.last + 1;
    if (record->begin)
      throw std::runtime_error(fmt::format(
          "input is gone from {} on, and the pipeline changed at epoch {}: neither replay nor "
          "skipping leads there. Start under another pipeline name",
          base + 1, record->epoch));
    for (const Run& run : record->runs) {
      if (run.source == kControlSource) continue;  // those are there: they are taken again
      LostInput& all = lost[{run.source, run.partition}];
      if (all.source.empty()) all = {run.source, run.partition, run.first, run.last};
      all.last = run.last;
      positions[lane_of(run.source, run.partition)] = run.last + 1;
      lost_records_ += run.count;
    }
    passed(*record);
  }
  open_lanes(positions);
  EpochRecord record;
  record.resumed = base;
  for (auto& [lane, one] : lost) {
    notes_.push_back(fmt::format(
        "offsets {} to {} of source {} [{}] were deleted before they could be replayed: their "
        "outputs are there, but the state goes on from epoch {} without them "
        "(engine.on_lost_input: skip)",
        one.first, one.last, one.source, one.partition, base));
    record.lost.push_back(std::move(one));
  }
  commit_alone(std::move(record));  // before anything else is: a changed pipeline too
  if (changed()) return;            // which takes a snapshot
  take_snapshot();                  // replay can begin behind the gap
  publish_snapshot(false);
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

/// Says once of partitions that a source's topic got while it is read: keys move to them, and weir
/// reads those alone that there were when the pipeline began.
void Runner::watch_partitions() {
  unread_.resize(graph_->sources.size());
  for (std::size_t s = 0; s < graph_->sources.size(); ++s) {
    const SourceNode& source = graph_->sources[s];
    const std::string topic = source.config->spec->topic();
    if (topic.empty() || now() < ask_any_again_) continue;
    const std::int32_t read = layout_->source_partitions[s];
    std::int32_t there = read;
    try {
      there = log_of(source).partitions(topic, kSoon).value_or(read);
    } catch (const LogFailure&) {  // asked again with the headroom, nor are others waited for now
      return;
    }
    if (there - read > unread_[s])
      errors_.push_back(fmt::format(
          "source {} has {} partitions now, it had {} when this pipeline began: what is in the new "
          "ones is not read, and the number is pinned. Start under another pipeline name",
          source.name, there, read));
    unread_[s] = std::max(0, there - read);
  }
}

/// How much of the input a replay would need is still there, and for how long; takes a snapshot in
/// time.
void Runner::watch_headroom(Clock::time_point time) {
  if (time - headroom_at_ < kHeadroomEvery) return;
  headroom_at_ = time;
  note_written();
  if (snapshot_positions_.size() != lanes_->size()) return;
  headroom_.resize(lanes_->size());
  bool soon = false;
  bool answered = false;
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane) {
    const std::size_t s = lanes_->lane(lane).source;
    const std::string topic = graph_->sources[s].config->spec->topic();
    if (topic.empty()) continue;
    Headroom& room = headroom_[lane];
    const std::optional<OffsetRange> range = may_ask(lane) ? ask(lane) : std::nullopt;
    if (range) room.records = snapshot_positions_[lane].first - range->first;
    answered = answered || range;
    room.seconds = std::numeric_limits<double>::infinity();
    if (lanes_->position(lane) <= snapshot_positions_[lane].first) continue;  // nothing to replay
    soon = soon || (range && *room.records < (range->end - range->first) / 10);
    const std::int64_t retention = s < layout_->retention_ms.size() ? layout_->retention_ms[s] : -1;
    if (retention < 0 || snapshot_positions_[lane].second == kNoTime) continue;
    const std::int64_t left = retention - (world_.now_ms() - snapshot_positions_[lane].second);
    room.seconds = static_cast<double>(left) / 1000;
    soon = soon || left < retention / 2;
  }
  snapshot_due_ = snapshot_due_ || soon;
  if (answered) trim_epochs();
  if (settings_.shard == 0) watch_partitions();  // for all
}

}  // namespace weir
