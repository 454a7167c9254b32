#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/config/start_time.h"
#include "pipeline/core/check.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/epochs/topic_names.h"
#include "pipeline/runner/runner.h"

// The part of Runner that comes before the first live record.

namespace weir {
namespace {

constexpr std::size_t kTold = 6;  // offsets that are told of one by one

/// `events[0] 0, events[1] 17 and 62 more`.
std::string offsets_text(const Beginning& begin) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kTold, begin.start.size()); ++i) {
    const auto& [lane, offset] = begin.start[i];
    text += fmt::format("{}{}[{}] {}", i == 0 ? "" : ", ", lane.first, lane.second, offset);
  }
  if (begin.start.size() > kTold) text += fmt::format(" and {} more", begin.start.size() - kTold);
  return text;
}

}  // namespace

void Runner::make_committer() {
  Committer::Settings committer;
  committer.pipeline = live_graph_.pipeline;
  committer.shard = settings_.shard;
  committer.identity = shard_identity(live_graph_.pipeline, settings_.shard);
  committer.topics = live_layout_.topics;
  committer.delivery = settings_.engine.delivery;
  committer.simulated = world_.simulated;
  committer_ = std::make_unique<Committer>(world_.log, std::move(committer), signal_);
}

/// What an output may be as large as, from here on.
std::size_t Runner::record_limit() const {
  return std::min(committer_->max_record_bytes(), live_layout_.max_record_bytes);
}

Runner::Positions Runner::start_offsets() {
  Positions offsets;
  for (const Lane& lane : shard_->lanes()) {
    const SourceNode& source = graph_->sources[lane.source];
    const std::string topic = source.config->spec->topic();
    if (topic.empty()) {
      offsets.push_back(0);
      continue;
    }
    Log& log = log_of(source);
    const OffsetRange range = log.offsets(topic, lane.partition);
    if (source.config->start == "earliest")
      offsets.push_back(range.first);
    else if (source.config->start == "latest")
      offsets.push_back(range.end);
    else
      offsets.push_back(
          log.offset_at(topic, lane.partition, start_time(*source.config, world_.now_ms())));
  }
  return offsets;
}

void Runner::open_lanes(const Positions& positions) {
  std::vector<std::unique_ptr<RecordReader>> readers;
  for (const SourceNode& source : graph_->sources) {
    const std::string topic = source.config->spec->topic();
    readers.push_back(topic.empty() ? source.config->spec->open_as(source.config->format_name)
                                    : log_of(source).reader(topic));
  }
  confirmed_.assign(shard_->lanes().size(), {});
  ask_again_.assign(shard_->lanes().size(), {});
  last_times_.assign(shard_->lanes().size(), kNoTime);
  lanes_ = std::make_unique<Lanes>(shard_->lanes(), std::move(readers), positions, signal_);
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane) {
    const std::size_t s = lanes_->lane(lane).source;
    const auto head = lanes_->head(s);
    if (!head) continue;
    if (std::string wrong = shard_->head(s, *head); !wrong.empty())
      throw std::runtime_error(fmt::format("source {}: {}", graph_->sources[s].name, wrong));
  }
}

/// Takes over the state of a snapshot; the epochs after it are what is left to read.
std::unique_ptr<EpochReader> Runner::load_snapshot(const Snapshot& snapshot, Positions& positions) {
  if (snapshot.pipeline != live_graph_.pipeline || snapshot.shard != settings_.shard)
    throw std::runtime_error("it is of another pipeline");
  auto epochs = std::make_unique<EpochReader>(world_.log, live_graph_.pipeline, settings_.shard,
                                              snapshot.log_position, world_.simulated.wait);
  std::optional<EpochRecord> at = epochs->next();
  while (at && at->epoch < snapshot.epoch) at = epochs->next();
  if (!at || at->epoch != snapshot.epoch || at->chain != snapshot.chain)
    throw std::runtime_error("its epoch is not in the log");
  record_bytes_ = snapshot.record_bytes;
  control_.reset();
  use(snapshot.resolved, {});
  positions.assign(shard_->lanes().size(), -1);
  for (const auto& [lane, offset] : snapshot.positions)
    go_to(positions, lane.first, lane.second, offset);
  for (std::size_t lane = 0; lane < positions.size(); ++lane)
    if (positions[lane] < 0)
      throw std::runtime_error(fmt::format(
          "source {} has more partitions than it had; the number is pinned. Start under another "
          "pipeline name",
          graph_->sources[shard_->lanes()[lane].source].name));
  const std::vector<std::string> cold =
      shard_->load(snapshot.sections, {}, settings_.accept_new_logic);
  if (!cold.empty() && !settings_.accept_new_logic)
    throw std::runtime_error(
        fmt::format("it has no state of operator {} that this program can read (`weir run "
                    "--accept-new-logic` goes on with what it can read)",
                    cold.front()));
  logic_ = snapshot.logic;
  if (logic_ != graph_->fingerprint && settings_.accept_new_logic) accepted_ = logic_;
  next_epoch_ = snapshot.epoch + 1;
  snapshot_epoch_ = snapshot.epoch;
  last_position_ = snapshot.log_position;
  chain_ = snapshot.chain;
  return epochs;
}

std::unique_ptr<EpochReader> Runner::from_epoch_0(Positions& positions) {
  auto epochs = std::make_unique<EpochReader>(world_.log, live_graph_.pipeline, settings_.shard, 0,
                                              world_.simulated.wait);
  const std::optional<EpochRecord> first = epochs->next();
  check(first.has_value(), "there is an epoch");
  if (first->epoch != 0 || !first->begin)
    throw std::runtime_error(
        fmt::format("the epochs begin in mid-stream: {} holds epoch {} on, and no snapshot of it "
                    "or a later one can be used: {}",
                    epochs_topic(live_graph_.pipeline), first->epoch,
                    unusable_.empty() ? "there is none" : unusable_));
  if (first->begin->shards != live_layout_.shards)
    throw std::runtime_error(fmt::format(
        "this pipeline was begun with {} shards; the number is pinned. Set engine.shards: {}, or "
        "start under another pipeline name",
        first->begin->shards, first->begin->shards));
  record_bytes_ = first->begin->record_bytes;
  control_.reset();
  use(first->begin->pipeline, first->begin->partitions);
  positions.assign(shard_->lanes().size(), 0);
  for (const auto& [lane, offset] : first->begin->start)
    go_to(positions, lane.first, lane.second, offset);
  passed(*first);
  return epochs;
}

/// The snapshots there are, newest first. They are of committed epochs alone: one beyond the log's
/// end says that the log has lost epochs, and with them which rows are done.
std::vector<SnapshotStore::Candidate> Runner::snapshots_up_to(std::optional<std::uint64_t> last) {
  snapshots_->fence();
  std::vector<SnapshotStore::Candidate> there = snapshots_->list();
  if (!there.empty() && (!last || there.front().epoch > *last))
    throw LogFailure(
        LogFailure::Kind::lost,
        fmt::format(
            "{} [{}] {}, but there is a snapshot of epoch {} ({}): the log has lost epochs that "
            "were committed, or is another one. To go on from what it has, remove the snapshots "
            "of later epochs",
            epochs_topic(live_graph_.pipeline), settings_.shard,
            last ? fmt::format("ends with epoch {}", *last) : "holds no epoch", there.front().epoch,
            there.front().where));
  return there;
}

/// A snapshot that cannot be begun with. Where nothing else can be, all reasons are told: the newest
/// one's may be that it is torn, the oldest one's that its epoch was trimmed.
void Runner::not_used(const SnapshotStore::Candidate& candidate, const std::exception& error) {
  notes_.push_back(fmt::format("snapshot not used: {}: {}", candidate.where, error.what()));
  if (unusable_.find(error.what()) != std::string::npos) return;
  unusable_ += (unusable_.empty() ? "" : "; ") + std::string(error.what());
}

/// The newest snapshot that is whole and in the log, else the beginning.
std::unique_ptr<EpochReader> Runner::start_of_replay(std::uint64_t last, Positions& positions) {
  for (const SnapshotStore::Candidate& candidate : snapshots_up_to(last)) {
    try {
      auto epochs = load_snapshot(snapshots_->load(candidate), positions);
      const std::int64_t age_ms = world_.now_ms() - epochs->timestamp();
      facts_.push_back(fmt::format("uses the snapshot of epoch {}, {} s old ({})", candidate.epoch,
                                   std::max<std::int64_t>(0, age_ms) / 1000, candidate.where));
      return epochs;
    } catch (const LogFailure&) {
      throw;
    } catch (const std::exception& error) {
      not_used(candidate, error);
    }
  }
  facts_.push_back("uses no snapshot: replays from epoch 0 on");
  return from_epoch_0(positions);
}

/// What is recorded goes on behind this epoch.
void Runner::passed(const EpochRecord& record) {
  chain_ = record.chain;
  next_epoch_ = record.epoch + 1;
  logic_ = record.logic;
}

void Runner::replay_all(EpochReader& epochs, std::uint64_t last, const Tell& tell) {
  const auto began = now();
  Progress so_far;
  so_far.epoch = next_epoch_ - 1;
  so_far.epochs = last;
  const std::int64_t from = epochs.offset();
  so_far.to_replay = epochs.end() - from;
  tell(so_far);
  while (const std::optional<EpochRecord> record = epochs.next()) {
    if (record->begin) replay_change(*record);
    check_logic(*record);
    replay(*record, epochs.timestamp());
    passed(*record);
    so_far.epoch = record->epoch;
    so_far.replayed = epochs.offset() - from;
    so_far.epochs = std::max(last, record->epoch);
    for (const Run& run : record->runs)
      if (run.source != kControlSource) so_far.rows += run.count;
    so_far.seconds = std::chrono::duration<double>(now() - began).count();
    tell(so_far);
  }
}

std::uint64_t Runner::verify(const Tell& tell) {
  const std::optional<EpochRecord> last =
      last_epoch(world_.log, live_graph_.pipeline, settings_.shard, world_.simulated.wait);
  if (!last) throw std::runtime_error("there is no epoch yet");
  const auto first =
      read_epochs(world_.log, live_graph_.pipeline, settings_.shard, 0, 1, world_.simulated.wait);
  std::string why = "they were trimmed";
  Positions positions;
  if (!first.empty() && first.front().epoch == 0) {
    audit_ = from_epoch_0(positions);
    if (could_replay(*audit_, positions, last->epoch, tell, why)) return next_epoch_;
  }
  // The first epochs may be gone, up to a snapshot that is in the topic; or their input is.
  make_snapshots();
  std::vector<SnapshotStore::Candidate> all = snapshots_->list();
  for (auto candidate = all.rbegin(); candidate != all.rend(); ++candidate) {
    accepted_.reset();
    try {
      audit_ = load_snapshot(snapshots_->load(*candidate), positions);
    } catch (const LogFailure&) {
      throw;
    } catch (const std::exception& error) {
      not_used(*candidate, error);
      continue;
    }
    if (!could_replay(*audit_, positions, last->epoch, tell, why)) continue;
    notes_.push_back(fmt::format(
        "compared from the snapshot of epoch {} on; the epochs before it cannot be replayed: {}",
        candidate->epoch, why));
    return next_epoch_ - 1 - candidate->epoch;
  }
  throw LogFailure(LogFailure::Kind::lost,
                   fmt::format("the first epochs cannot be replayed: {}, and no snapshot {}{}", why,
                               all.empty() ? "is there" : "leads to the end",
                               unusable_.empty() ? "" : ": " + unusable_));
}

std::uint64_t Runner::verify_more(const Tell& tell) {
  const std::uint64_t begun = next_epoch_;
  audit_->follow();
  replay_all(*audit_, next_epoch_ - 1, tell);
  return next_epoch_ - begun;
}

/// Replays all from there. False: the input is gone; `why` says which.
bool Runner::could_replay(EpochReader& epochs, const Positions& positions, std::uint64_t last,
                          const Tell& tell, std::string& why) {
  if (settings_.find_outputs)
    output_audit_ = std::make_unique<OutputAudit>(world_.log, world_.simulated.wait);
  try {
    open_lanes(positions);
    replay_all(epochs, last, tell);
    return true;
  } catch (const LogFailure& failure) {
    if (failure.kind != LogFailure::Kind::lost) throw;
    why = failure.what();
    return false;
  }
}

/// Commits a record without rows, and waits for it.
void Runner::commit_alone(EpochRecord record) {
  record.epoch = next_epoch_;
  record.owner = settings_.owner;
  announced_ = true;
  record.logic = graph_->fingerprint;
  record.out = shard_->output_hash();
  record.sequence = shard_->sequence();
  Outbox outbox;
  outbox.add(static_cast<std::uint32_t>(live_layout_.topics.size() - 1),
             static_cast<std::int32_t>(settings_.shard), std::nullopt, record.write(chain_));
  committer_->submit({&outbox, {}, record.epoch, record.chain, log_position_});
  if (committer_->wait() != Committer::State::idle)
    throw LogFailure(committer_->state() == Committer::State::fenced ? LogFailure::Kind::fenced
                     : committer_->unreachable()                     ? LogFailure::Kind::unreachable
                                                                     : LogFailure::Kind::refused,
                     committer_->reason());
  chain_ = record.chain;
  ++next_epoch_;
  last_position_ = log_position_++;
}

/// Epoch 0: pins what can never change, before any row.
void Runner::begin(std::int64_t first_position) {
  record_bytes_ = record_limit();
  make_shard();
  const Positions start = start_offsets();
  EpochRecord record;
  record.begin.emplace();
  record.begin->pipeline = settings_.resolved;
  record.begin->shards = layout_->shards;
  record.begin->partitions = partition_counts();
  record.begin->record_bytes = record_bytes_;
  for (std::size_t lane = 0; lane < start.size(); ++lane)
    record.begin->start.push_back(
        {{graph_->sources[shard_->lanes()[lane].source].name, shard_->lanes()[lane].partition},
         start[lane]});
  facts_.push_back("begins at " + offsets_text(*record.begin));
  if (const auto first = first_command()) {
    record.begin->start.push_back({{std::string(kControlSource), 0}, *first});
    open_control(*first);
  }
  next_epoch_ = 0;
  chain_ = 0;
  log_position_ = first_position;
  commit_alone(std::move(record));
  open_lanes(start);
  for (const std::int64_t position : start) snapshot_positions_.emplace_back(position, kNoTime);
}

void Runner::recover(const Tell& tell) {
  make_committer();
  make_snapshots();
  last_snapshot_ = written_at_ = now();
  const std::string& pipeline = live_graph_.pipeline;
  const std::optional<EpochRecord> last =
      last_epoch(world_.log, pipeline, settings_.shard, world_.simulated.wait);
  if (!last) {
    snapshots_up_to(std::nullopt);
    const auto partition = static_cast<std::int32_t>(settings_.shard);
    begin(world_.log.offsets(epochs_topic(pipeline), partition).end);
  } else {
    Positions positions;
    const auto epochs = start_of_replay(last->epoch, positions);
    open_lanes(positions);
    for (const std::int64_t position : positions)
      snapshot_positions_.emplace_back(position, kNoTime);
    log_position_ = epochs->end();
    try {
      replay_all(*epochs, last->epoch, tell);
    } catch (const LogFailure& failure) {
      if (failure.kind != LogFailure::Kind::lost) throw;
      if (settings_.engine.on_lost_input != OnLostInput::skip || read_past_end())
        throw LogFailure(LogFailure::Kind::lost, with_way_out(failure));
      go_on_without(last->epoch, tell);
    }
    if (changed()) change();
  }
  watch_deaths();
  // The first epoch of an owner closes at once, rows or not: it shows who owns the shard.
  if (!announced_) epoch_began_ = now() - std::chrono::milliseconds(settings_.engine.epoch.ms);
}

}  // namespace weir
