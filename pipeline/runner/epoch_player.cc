#include "pipeline/runner/epoch_player.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "pipeline/epochs/control_lane.h"
#include "pipeline/runner/layout.h"

namespace weir {
namespace {

// With no record for this long, the broker counts as not reachable.
constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kPause{100};

[[noreturn]] void differs(const EpochRecord& record, const std::string& what) {
  throw std::runtime_error(
      fmt::format("replaying epoch {}: {}. What the epochs record and what the topics hold differ; "
                  "`weir verify` "
                  "shows where. Nothing was written.",
                  record.epoch, what));
}

bool is_commands(const Run& run) { return run.source == kControlSource; }

}  // namespace

EpochPlayer::EpochPlayer(ShardMachine& machine, World& world, Signal& signal)
    : machine_(machine), world_(world), signal_(signal) {}

void EpochPlayer::find_outputs() {
  outputs_ = std::make_unique<OutputAudit>(world_.log, world_.simulated.wait);
}

OutputAudit::Figures EpochPlayer::outputs() const {
  return outputs_ ? outputs_->figures() : OutputAudit::Figures{};
}

bool EpochPlayer::play_all(EpochReader& epochs, std::uint64_t last, const WatchReplay& watch) {
  const auto began = world_.now();
  const std::int64_t from = epochs.offset();
  ReplayProgress so_far;
  so_far.epoch = machine_.chain().last();
  so_far.epochs = last;
  so_far.to_replay = epochs.end() - from;
  if (watch(so_far) == WhatNext::give_up) return false;
  while (const std::optional<EpochRecord> record = epochs.next()) {
    play(*record, epochs.timestamp());
    so_far.epoch = record->epoch;
    so_far.replayed = epochs.offset() - from;
    so_far.epochs = std::max(last, record->epoch);
    for (const Run& run : record->runs)
      if (!is_commands(run)) so_far.rows += run.count;
    so_far.seconds = std::chrono::duration<double>(world_.now() - began).count();
    if (watch(so_far) == WhatNext::give_up) return false;
  }
  return true;
}

void EpochPlayer::play(const EpochRecord& record, std::int64_t committed_ms) {
  if (record.begin) machine_.repeat_change(*record.begin);
  machine_.pipeline().check_logic(record);
  if (record.resumed)
    throw LogFailure(
        LogFailure::Kind::lost,
        fmt::format("epoch {} continued from the state of epoch {}, since input had been deleted; "
                    "a snapshot of it or a later one is needed to continue from there, and there "
                    "is none",
                    record.epoch, *record.resumed));
  if (!record.lost.empty()) {
    Cursor at = machine_.input().cursor();
    for (const LostInput& one : record.lost)
      machine_.move(at, one.source, one.partition, one.last + 1);
    machine_.open(at);
  }
  repeat(record, committed_ms);
}

void EpochPlayer::play_resumed(const EpochRecord& record, std::int64_t committed_ms) {
  repeat(record, committed_ms);
}

void EpochPlayer::repeat(const EpochRecord& record, std::int64_t committed_ms) {
  Shard& shard = machine_.shard();
  outbox_.clear();  // of an epoch that came to nothing
  shard.write_to(outbox_);
  mark_ = 0;
  in_ = 0;
  if ((!record.runs.empty() || !record.marks.empty()) && record.sequence != shard.sequence())
    differs(record, fmt::format("it begins at sequence number {}, here it is {}", record.sequence,
                                shard.sequence()));
  for (const Run& run : record.runs) repeat_run(run, record);
  repeat_marks(record);
  shard.flush();
  compare(record, committed_ms);
  outbox_.clear();  // outputs are in the log already
  machine_.follow(record);
}

void EpochPlayer::repeat_run(const Run& run, const EpochRecord& record) {
  if (is_commands(run) && !machine_.input().has_commands())
    differs(record, "commands are recorded, but not where they begin");
  std::optional<std::size_t> lane;
  if (!is_commands(run)) lane = machine_.input().lane_of(run.source, run.partition);
  for (std::uint64_t left = run.count; left > 0;) {
    const std::span<const Record> records = fetch(run, lane, left, record);
    if (left == run.count && records.front().offset != run.first)
      differs(record, fmt::format("{} [{}] begins at offset {}, {} was recorded", run.source,
                                  run.partition, records.front().offset, run.first));
    for (const Record& one : records) repeat_record(run, lane, one, record);
    left -= records.size();
    if (left == 0 && records.back().offset != run.last)
      differs(record, fmt::format("{} [{}] ends at offset {}, {} was recorded", run.source,
                                  run.partition, records.back().offset, run.last));
  }
}

/// Waits for the next records of a run, at least one.
std::span<const Record> EpochPlayer::fetch(const Run& run, std::optional<std::size_t> lane,
                                           std::uint64_t left, const EpochRecord& record) {
  ShardInput& input = machine_.input();
  const std::size_t most = machine_.run_rows();
  const std::uint64_t wanted = std::min<std::uint64_t>(left, most);
  for (const auto deadline = world_.now() + kPatience;;) {
    if (lane)
      input.refill(*lane, most, world_.now());
    else
      input.refill_commands(most);
    const std::span<const Record> records =
        lane ? input.take(*lane, wanted) : input.take_commands(wanted);
    if (!records.empty()) return records;
    if (lane ? input.at_end(*lane) : input.commands_at_end())
      differs(record,
              fmt::format("{} [{}] ends before offset {}", run.source, run.partition, run.last));
    if (world_.now() > deadline)
      throw LogFailure(LogFailure::Kind::unreachable,
                       fmt::format("replaying epoch {}: no answer about {} [{}]", record.epoch,
                                   run.source, run.partition));
    world_.wait(signal_, kPause);
  }
}

void EpochPlayer::repeat_record(const Run& run, std::optional<std::size_t> lane,
                                const Record& one, const EpochRecord& record) {
  repeat_marks(record);
  in_ = hash_input(in_, run.partition, one);
  if (!lane)
    machine_.command(one);
  else if (contains(record.skips, run.source, run.partition, one.offset))
    machine_.shard().skip(*lane, one);
  else
    machine_.shard().add(*lane, one);
}

/// Those that come before the next record.
void EpochPlayer::repeat_marks(const EpochRecord& record) {
  Shard& shard = machine_.shard();
  while (mark_ < record.marks.size() && record.marks[mark_].sequence == shard.sequence()) {
    const Mark& one = record.marks[mark_++];
    if (one.kind == Mark::Kind::tick)
      shard.tick(one.watermark);
    else
      shard.idle(machine_.input().lane_of(one.source, one.partition));
  }
}

void EpochPlayer::compare(const EpochRecord& record, std::int64_t committed_ms) {
  Shard& shard = machine_.shard();
  if (in_ != record.in) differs(record, "the input's hash differs");
  if (record.logic == machine_.pipeline().accepted()) return;  // it need not be equal
  if (shard.output_hash() != record.out) differs(record, "the outputs' hash differs");
  if (record.state && shard.state_hash() != *record.state)
    differs(record, "the state's hash differs");
  if (!outputs_) return;
  const std::string missing =
      outputs_->find(outbox_, output_topics(machine_.graph()), committed_ms);
  if (!missing.empty()) differs(record, missing);
}

}  // namespace weir
