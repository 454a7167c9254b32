#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/core/check.h"
#include "pipeline/engine/epoch_log.h"
#include "pipeline/engine/runner.h"

// The part of Runner that comes before the first live record.

namespace weir {
namespace {

// With no record for this long, the broker counts as not reachable.
constexpr std::chrono::seconds kPatience{60};

[[noreturn]] void differs(std::uint64_t epoch, const std::string& what) {
  throw std::runtime_error(
      fmt::format("replaying epoch {}: {}. What the epochs record and what the topics hold differ; "
                  "`weir verify` "
                  "shows where. Nothing was written.",
                  epoch, what));
}

}  // namespace

std::size_t Runner::lane_of(const std::string& source, std::int32_t partition) const {
  const std::vector<Lane>& lanes = shard_->lanes();
  for (std::size_t i = 0; i < lanes.size(); ++i)
    if (graph_.sources[lanes[i].source].name == source && lanes[i].partition == partition) return i;
  throw std::runtime_error(fmt::format(
      "the epochs name source {} [{}], which this pipeline does not read", source, partition));
}

std::vector<std::int64_t> Runner::start_offsets() {
  std::vector<std::int64_t> offsets;
  for (const Lane& lane : shard_->lanes()) {
    const SourceConfig& source = *graph_.sources[lane.source].config;
    const std::string topic = source.spec->topic();
    if (topic.empty()) {
      offsets.push_back(0);
      continue;
    }
    Log& log = world_.source_log(source);
    const OffsetRange range = log.offsets(topic, lane.partition);
    if (source.start == "earliest")
      offsets.push_back(range.first);
    else if (source.start == "latest")
      offsets.push_back(range.end);
    else
      offsets.push_back(log.offset_at(topic, lane.partition, start_time(source, world_.now_ms())));
  }
  return offsets;
}

void Runner::open_lanes(const std::vector<std::int64_t>& positions) {
  std::vector<std::unique_ptr<RecordReader>> readers;
  for (const SourceNode& source : graph_.sources) {
    const std::string topic = source.config->spec->topic();
    readers.push_back(topic.empty() ? source.config->spec->open_as(source.config->format_name)
                                    : world_.source_log(*source.config).reader(topic));
  }
  confirmed_.assign(shard_->lanes().size(), {});
  lanes_ = std::make_unique<Lanes>(graph_, shard_->lanes(), std::move(readers), positions, signal_);
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane) {
    const std::size_t s = lanes_->lane(lane).source;
    if (std::string wrong = shard_->head(s, lanes_->head(s)); !wrong.empty())
      throw std::runtime_error(fmt::format("source {}: {}", graph_.sources[s].name, wrong));
  }
}

/// Loads the newest snapshot that is whole and in the log; returns the epochs from it on, or all.
std::vector<EpochRecord> Runner::load_snapshot(std::vector<std::int64_t>& positions) {
  const auto folder = settings_.state_dir / fmt::format("shard-{}", settings_.shard);
  for (const auto& file : list_snapshots(folder)) {
    try {
      const Snapshot snapshot = read_snapshot(file);
      if (snapshot.logic != graph_.fingerprint || snapshot.pipeline != graph_.pipeline ||
          snapshot.shard != settings_.shard)
        throw std::runtime_error(file.string() + ": it is of another pipeline");
      std::vector<EpochRecord> epochs =
          read_epochs(world_.log, graph_.pipeline, settings_.shard, snapshot.log_position);
      const auto at = std::ranges::find(epochs, snapshot.epoch, &EpochRecord::epoch);
      if (at == epochs.end() || at->chain != snapshot.chain)
        throw std::runtime_error(file.string() + ": its epoch is not in the log");
      std::vector<std::int64_t> from = positions;
      for (const auto& [lane, offset] : snapshot.positions)
        from[lane_of(lane.first, lane.second)] = offset;
      StateReader reader(snapshot.sections.at(0).bytes);
      shard_->state(reader);
      if (reader.left() != 0) throw StateError(file.string() + ": it holds more than the state");
      positions = from;
      next_epoch_ = snapshot.epoch + 1;
      snapshot_epoch_ = snapshot.epoch;
      last_position_ = snapshot.log_position;
      return epochs;
    } catch (const LogFailure&) {
      throw;
    } catch (const std::exception& error) {
      notes_.push_back(fmt::format("snapshot not used: {}", error.what()));
      make_shard();  // nothing of a half-loaded state is left
    }
  }
  return read_epochs(world_.log, graph_.pipeline, settings_.shard, 0);
}

void Runner::check_beginning(const EpochRecord& first) {
  if (!first.begin)
    throw std::runtime_error("the epochs begin in mid-stream: epoch 0 is no longer in " +
                             epochs_topic(graph_.pipeline));
  if (first.begin->shards != layout_.shards)
    throw std::runtime_error(fmt::format(
        "this pipeline was begun with {} shards; the number is pinned. Set engine.shards: {}, or "
        "start under another pipeline name",
        first.begin->shards, first.begin->shards));
  for (std::size_t s = 0; s < graph_.sources.size(); ++s) {
    const auto at = first.begin->partitions.find(graph_.sources[s].name);
    if (at != first.begin->partitions.end() && at->second != layout_.source_partitions[s])
      throw std::runtime_error(fmt::format(
          "source {} had {} partitions when this pipeline began and has {} now; the number is "
          "pinned. Start under another pipeline name",
          at->first, at->second, layout_.source_partitions[s]));
  }
}

void Runner::check_logic(const EpochRecord& last) {
  if (last.logic != graph_.fingerprint)
    throw std::runtime_error(
        "the pipeline has changed since it last ran. Go back to the file it ran with, or start "
        "under another pipeline name");
}

void Runner::replay_all(const std::vector<EpochRecord>& epochs,
                        const std::function<void(const Progress&)>& progress) {
  const auto began = Clock::now();
  Progress so_far{next_epoch_ - 1, epochs.back().epoch, 0, 0};
  progress(so_far);
  for (const EpochRecord& record : epochs) {
    if (record.epoch < next_epoch_) continue;
    replay(record);
    so_far.epoch = record.epoch;
    for (const Run& run : record.runs) so_far.rows += run.count;
    so_far.seconds = std::chrono::duration<double>(Clock::now() - began).count();
    progress(so_far);
  }
}

std::uint64_t Runner::verify(const std::function<void(const Progress&)>& progress) {
  const std::vector<EpochRecord> epochs =
      read_epochs(world_.log, graph_.pipeline, settings_.shard, 0);
  if (epochs.empty()) throw std::runtime_error("there is no epoch yet");
  check_beginning(epochs.front());
  check_logic(epochs.back());
  std::vector<std::int64_t> positions(shard_->lanes().size());
  for (const auto& [lane, offset] : epochs.front().begin->start)
    positions[lane_of(lane.first, lane.second)] = offset;
  next_epoch_ = 1;
  open_lanes(positions);
  replay_all(epochs, progress);
  return epochs.size();
}

/// Epoch 0: pins what can never change, before any row.
void Runner::begin(std::int64_t first_position) {
  const std::vector<std::int64_t> start = start_offsets();
  EpochRecord record;
  record.owner = settings_.owner;
  record.logic = graph_.fingerprint;
  Beginning begin;
  begin.pipeline = settings_.resolved;
  begin.shards = layout_.shards;
  for (std::size_t s = 0; s < graph_.sources.size(); ++s)
    begin.partitions[graph_.sources[s].name] = layout_.source_partitions[s];
  for (std::size_t lane = 0; lane < start.size(); ++lane)
    begin.start.push_back(
        {{graph_.sources[shard_->lanes()[lane].source].name, shard_->lanes()[lane].partition},
         start[lane]});
  record.begin = std::move(begin);
  Outbox outbox;
  outbox.add(static_cast<std::uint32_t>(layout_.topics.size() - 1),
             static_cast<std::int32_t>(settings_.shard), std::nullopt, record.write(0));
  committer_->submit({&outbox, {}, 0, record.chain, first_position});
  if (committer_->wait() != Committer::State::idle)
    throw LogFailure(committer_->state() == Committer::State::fenced ? LogFailure::Kind::fenced
                     : committer_->unreachable()                     ? LogFailure::Kind::unreachable
                                                                     : LogFailure::Kind::refused,
                     committer_->reason());
  chain_ = record.chain;
  next_epoch_ = 1;
  announced_ = true;
  log_position_ = first_position + 1;
  open_lanes(start);
}

void Runner::recover(const std::function<void(const Progress&)>& progress) {
  Committer::Settings commit;
  commit.pipeline = graph_.pipeline;
  commit.shard = settings_.shard;
  commit.identity = shard_identity(graph_.pipeline, settings_.shard);
  commit.topics = layout_.topics;
  committer_ = std::make_unique<Committer>(world_.log, std::move(commit), signal_);
  shard_->limit_records(committer_->max_record_bytes());
  snapshots_ = std::make_unique<SnapshotThread>(settings_.state_dir /
                                                fmt::format("shard-{}", settings_.shard));
  last_snapshot_ = Clock::now();

  const std::string topic = epochs_topic(graph_.pipeline);
  const OffsetRange range = world_.log.offsets(topic, static_cast<std::int32_t>(settings_.shard));
  const std::vector<EpochRecord> first =
      read_epochs(world_.log, graph_.pipeline, settings_.shard, 0, 1);
  if (first.empty()) return begin(range.end);
  check_beginning(first.front());
  std::vector<std::int64_t> positions(shard_->lanes().size());
  for (const auto& [lane, offset] : first.front().begin->start)
    positions[lane_of(lane.first, lane.second)] = offset;
  next_epoch_ = 1;
  const std::vector<EpochRecord> epochs = load_snapshot(positions);
  check_logic(epochs.back());
  open_lanes(positions);
  replay_all(epochs, progress);
  chain_ = epochs.back().chain;
  next_epoch_ = epochs.back().epoch + 1;
  log_position_ = range.end;
}

void Runner::replay_marks(const EpochRecord& record, std::size_t& mark) {
  while (mark < record.marks.size() && record.marks[mark].sequence == shard_->sequence()) {
    const Mark& one = record.marks[mark++];
    if (one.kind == Mark::Kind::tick)
      shard_->tick(one.watermark);
    else
      shard_->idle(lane_of(one.source, one.partition));
  }
}

void Runner::replay_run(const Run& run, std::size_t lane, std::uint64_t& in,
                        const EpochRecord& record, std::size_t& mark) {
  auto deadline = Clock::now() + kPatience;
  for (std::uint64_t left = run.count; left > 0;) {
    lanes_->refill(settings_.engine.run_rows, Clock::now());
    const std::span<const Record> records =
        lanes_->take(lane, std::min<std::uint64_t>(left, settings_.engine.run_rows));
    if (records.empty()) {
      if (lanes_->ended(lane) && lanes_->lag(lane) == 0)
        differs(record.epoch,
                fmt::format("{} [{}] ends before offset {}", run.source, run.partition, run.last));
      if (Clock::now() > deadline)
        throw LogFailure(LogFailure::Kind::unreachable,
                         fmt::format("replaying epoch {}: no answer about {} [{}]", record.epoch,
                                     run.source, run.partition));
      signal_.wait_for(std::chrono::milliseconds(100));
      continue;
    }
    deadline = Clock::now() + kPatience;
    if (left == run.count && records.front().offset != run.first)
      differs(record.epoch, fmt::format("{} [{}] begins at offset {}, recorded was {}", run.source,
                                        run.partition, records.front().offset, run.first));
    for (const Record& one : records) {
      replay_marks(record, mark);
      in = hash_input(in, run.partition, one);
      shard_->add(lane, one);
    }
    left -= records.size();
    if (left == 0 && records.back().offset != run.last)
      differs(record.epoch, fmt::format("{} [{}] ends at offset {}, recorded was {}", run.source,
                                        run.partition, records.back().offset, run.last));
  }
}

void Runner::replay(const EpochRecord& record) {
  std::size_t mark = 0;
  std::uint64_t in = 0;
  if (!record.runs.empty() || !record.marks.empty())
    if (record.sequence != shard_->sequence())
      differs(record.epoch, fmt::format("it begins at sequence number {}, here it is {}",
                                        record.sequence, shard_->sequence()));
  for (const Run& run : record.runs)
    replay_run(run, lane_of(run.source, run.partition), in, record, mark);
  replay_marks(record, mark);
  shard_->flush();
  outboxes_[open_].clear();  // outputs are in the log already
  if (in != record.in) differs(record.epoch, "the input's hash is another");
  if (shard_->output_hash() != record.out) differs(record.epoch, "the outputs' hash is another");
  if (record.state && shard_->state_hash() != *record.state)
    differs(record.epoch, "the state's hash is another");
}

}  // namespace weir
