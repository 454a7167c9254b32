#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/core/check.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/epochs/topic_names.h"
#include "pipeline/runner/runner.h"

// How Runner repeats one recorded epoch, and finds it equal or not.

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
    if (graph_->sources[lanes[i].source].name == source && lanes[i].partition == partition)
      return i;
  throw std::runtime_error(fmt::format(
      "the epochs name source {} [{}], which this pipeline does not read", source, partition));
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

/// Whether a run's partition has nothing more: by the log itself, since what a reader knows of the
/// end may be older than the epoch that is replayed. `lane`: none of commands.
bool Runner::ends(const Run& run, std::optional<std::size_t> lane) {
  if (lane ? !lanes_->ended(*lane) : !control_->ended()) return false;
  if (!lane)
    return world_.log.offsets(control_topic(live_graph_.pipeline), 0).end <= control_->read_to();
  const SourceNode& source = graph_->sources[lanes_->lane(*lane).source];
  const std::string topic = source.config->spec->topic();
  return topic.empty() ||
         log_of(source).offsets(topic, run.partition).end <= lanes_->read_to(*lane);
}

void Runner::replay_run(const Run& run, std::uint64_t& in, const EpochRecord& record,
                        std::size_t& mark) {
  std::optional<std::size_t> lane;
  if (run.source != kControlSource) lane = lane_of(run.source, run.partition);
  if (!lane && !control_)
    differs(record.epoch, "commands were taken of which no beginning is known");
  auto deadline = now() + kPatience;
  for (std::uint64_t left = run.count; left > 0;) {
    if (lane)
      lanes_->refill(*lane, settings_.engine.run_rows, now());
    else
      control_->refill(settings_.engine.run_rows);
    const std::uint64_t most = std::min<std::uint64_t>(left, settings_.engine.run_rows);
    const std::span<const Record> records = lane ? lanes_->take(*lane, most) : control_->take(most);
    if (records.empty()) {
      if (ends(run, lane))
        differs(record.epoch,
                fmt::format("{} [{}] ends before offset {}", run.source, run.partition, run.last));
      if (now() > deadline)
        throw LogFailure(LogFailure::Kind::unreachable,
                         fmt::format("replaying epoch {}: no answer about {} [{}]", record.epoch,
                                     run.source, run.partition));
      wait(std::chrono::milliseconds(100));
      continue;
    }
    deadline = now() + kPatience;
    if (left == run.count && records.front().offset != run.first)
      differs(record.epoch, fmt::format("{} [{}] begins at offset {}, recorded was {}", run.source,
                                        run.partition, records.front().offset, run.first));
    for (const Record& one : records) {
      replay_marks(record, mark);
      in = hash_input(in, run.partition, one);
      if (!lane)
        command(one);
      else if (contains(record.skips, run.source, run.partition, one.offset))
        shard_->skip(*lane, one);
      else
        shard_->add(*lane, one);
    }
    if (lane) last_times_[*lane] = records.back().timestamp;
    left -= records.size();
    if (left == 0 && records.back().offset != run.last)
      differs(record.epoch, fmt::format("{} [{}] ends at offset {}, recorded was {}", run.source,
                                        run.partition, records.back().offset, run.last));
  }
}

/// What the epoch put out must be in the topics, too: a transaction may have been torn.
void Runner::find_outputs(const EpochRecord& record, std::int64_t committed_ms) {
  const std::string missing =
      output_audit_->find(outboxes_[open_], output_topics(*graph_), committed_ms);
  if (!missing.empty()) differs(record.epoch, missing);
}

void Runner::replay(const EpochRecord& record, std::int64_t committed_ms) {
  std::size_t mark = 0;
  std::uint64_t in = 0;
  if (record.resumed && !std::exchange(resuming_, false))
    throw LogFailure(
        LogFailure::Kind::lost,
        fmt::format("epoch {} went on from the state of epoch {}, since input had been deleted; a "
                    "snapshot of it or a later one is needed to go on from there, and there is "
                    "none",
                    record.epoch, *record.resumed));
  if (!record.lost.empty() && !record.resumed) {
    Positions positions = lanes_->positions();
    for (const LostInput& one : record.lost)
      go_to(positions, one.source, one.partition, one.last + 1);
    open_lanes(positions);
  }
  if (!record.runs.empty() || !record.marks.empty())
    if (record.sequence != shard_->sequence())
      differs(record.epoch, fmt::format("it begins at sequence number {}, here it is {}",
                                        record.sequence, shard_->sequence()));
  for (const Run& run : record.runs) replay_run(run, in, record, mark);
  replay_marks(record, mark);
  shard_->flush();
  if (in != record.in) differs(record.epoch, "the input's hash is another");
  if (record.logic != accepted_) {  // else other arithmetic: it need not be equal
    if (shard_->output_hash() != record.out) differs(record.epoch, "the outputs' hash is another");
    if (record.state && shard_->state_hash() != *record.state)
      differs(record.epoch, "the state's hash is another");
    if (output_audit_) find_outputs(record, committed_ms);
  }
  outboxes_[open_].clear();  // outputs are in the log already
}

}  // namespace weir
