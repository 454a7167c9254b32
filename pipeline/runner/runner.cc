#include "pipeline/runner/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "pipeline/epochs/control_lane.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/runner/lost_input.h"

namespace weir {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kCommandsAtOnce = 256;
constexpr milliseconds kLongestSleep{1000};

}  // namespace

Runner::Runner(World& world, RunnerSettings settings, ProcessTurns& turns, Recovered recovered)
    : world_(world),
      settings_(std::move(settings)),
      notices_(std::move(recovered.notices)),
      machine_(std::move(recovered.machine)),
      snapshots_(std::move(recovered.snapshots)),
      epoch_(settings_.shard, milliseconds(settings_.engine.epoch.ms),
             machine_->pipeline().epochs_topic()),
      committer_(std::move(recovered.committer)),
      guard_(turns, settings_.crash_note(), notices_),
      retention_(world, milliseconds(settings_.engine.keep_epochs.ms), notices_),
      lost_records_(recovered.lost_records),
      deadline_(world.now()) {
  epoch_.write_from(machine_->shard());
  guard_.begin(settings_.crashed, machine_->input().cursor());
  // The first epoch of an owner closes at once, rows or not: it shows who owns the shard.
  if (!machine_->chain().announced())
    epoch_.begin(world.now() - milliseconds(settings_.engine.epoch.ms));
}

void Runner::stop(StopReason why, std::string reason) {
  if (stopped_ != StopReason::none) return;
  guard_.clear();
  stopped_ = why;
  reason_ = std::move(reason);
}

bool Runner::work() {
  if (stopped_ != StopReason::none) return false;
  collect();
  if (stopped_ != StopReason::none) return false;
  const auto turn = guard_.beside_others();
  const auto now = world_.now();
  deadline_ = now + kLongestSleep;
  if (epoch_.due(now) && !epoch_.in_flight()) close_epoch(false);
  retention_.watch(*machine_, *snapshots_, now);
  dead_letters_.tell(machine_->shard().dead_letter_digest(), machine_->pipeline(), notices_);
  if (epoch_.full()) return false;  // back-pressure: the epoch before is still in flight
  try {
    machine_->input().refill(settings_.engine.run_rows, now);
    machine_->input().refill_commands(kCommandsAtOnce);
  } catch (const LogFailure& failure) {
    return pass_over(failure);
  }
  if (run_commands()) return true;
  const bool marked = marks_.idle(*machine_, epoch_, now, deadline_);
  Shard& shard = machine_->shard();
  if (const auto lane = machine_->input().choose(shard.clock(), settings_.engine.align.ms)) {
    run(*lane);
    return true;
  }
  shard.flush();
  const bool ticked = marks_.tick(*machine_, epoch_, now, deadline_);
  // With nothing open the state is that of the epoch closed last. The next may come when the input
  // is gone.
  if (snapshots_->forced() && !epoch_.begun() && !epoch_.in_flight()) {
    snapshots_->take(*machine_);
    snapshots_->publish();
  }
  if (epoch_.begun() && !epoch_.in_flight())  // else the end of the commit is what is waited for
    deadline_ = std::min(deadline_, epoch_.due_at());
  return marked || ticked;
}

/// The input cannot be read. Returns whether what is missing was passed over; else the shard stops.
bool Runner::pass_over(LogFailure failure) {
  const bool skip = settings_.engine.on_lost_input == OnLostInput::skip;
  try {
    if (failure.kind == LogFailure::Kind::lost && skip && pass_over_lost()) return true;
  } catch (const LogFailure& another) {
    failure = another;
  }
  stop(stop_reason(failure.kind), with_way_out(failure, machine_->input()));
  return false;
}

/// Continues where records begin that are still there. False: none is missing, or it stopped.
bool Runner::pass_over_lost() {
  commit_open();
  if (stopped_ != StopReason::none) return false;
  const std::string& pipeline = machine_->pipeline().name();
  Gap gap = find_gap(machine_->input(), world_, pipeline);
  if (gap.lost.empty()) return false;
  report_gap(gap, machine_->input(), pipeline, notices_);
  lost_records_ += rows_of(gap.lost);
  for (LostInput& one : gap.lost) epoch_.lost(std::move(one), world_.now());
  snapshots_->force();  // what came before the gap is likely to be gone too
  machine_->reopen(gap.after);
  return true;
}

/// Takes the waiting commands, before the next rows.
bool Runner::run_commands() {
  const std::span<const Record> records = machine_->input().take_commands(kCommandsAtOnce);
  if (records.empty()) return false;
  epoch_.run(kControlSource, 0, records, machine_->shard().sequence(), world_.now());
  for (const Record& record : records) {
    epoch_.read(0, record);
    notices_.warn(machine_->command(record));
  }
  return true;
}

void Runner::run(std::size_t lane) {
  ShardInput& input = machine_->input();
  const std::string& source = input.source(lane).name;
  const std::int32_t partition = input.partition(lane);
  const std::span<const Record> records =
      input.take(lane, settings_.engine.run_rows, OpenEpoch::kMostBytes);
  guard_.note(source, partition, input.position(lane));
  epoch_.run(source, partition, records, machine_->shard().sequence(), world_.now());
  epoch_.sample_latency(records);
  for (const Record& record : records)
    if (guard_.one_by_one())
      guard_.alone({source, partition, record.offset}, [&] {
        process(lane, record);
        machine_->shard().flush();
      });
    else
      process(lane, record);
}

void Runner::process(std::size_t lane, const Record& record) {
  const std::string& source = machine_->input().source(lane).name;
  const std::int32_t partition = machine_->input().partition(lane);
  epoch_.read(partition, record);
  if (guard_.is_poison(source, partition, record.offset)) {
    epoch_.skip({source, partition, record.offset});
    machine_->shard().skip(lane, record);
  } else {
    machine_->shard().add(lane, record);
  }
}

void Runner::close_epoch(bool with_state) {
  machine_->shard().flush();
  times_.watch(machine_->shard(), notices_);
  if (!epoch_.begun()) return;
  const auto now = world_.now();
  Committer::Job job = epoch_.close(machine_->shard(), machine_->chain(), with_state, now);
  job.offsets = machine_->offsets_to_commit();
  if (with_state || snapshots_->due(now)) snapshots_->take_uncommitted(*machine_);
  if (guard_.suspects_any()) closed_ = machine_->input().cursor();
  committer_->submit(std::move(job));
}

/// Takes note of a commit that has ended.
void Runner::collect() {
  if (!epoch_.in_flight()) return;
  switch (committer_->state()) {
    case Committer::State::busy:
      return;
    case Committer::State::fenced:
      return stop(StopReason::fenced, committer_->reason());
    case Committer::State::failed:
      return stop(committer_->unreachable() ? StopReason::unreachable : StopReason::failed,
                  committer_->reason());
    case Committer::State::idle:
      machine_->chain().committed();
      epoch_.committed(world_.now_ms());
      guard_.committed(closed_);
      snapshots_->publish();
  }
}

/// Commits the open epoch, and waits for it.
void Runner::commit_open() {
  if (stopped_ != StopReason::none) return;
  if (epoch_.in_flight()) committer_->wait();
  collect();
  if (stopped_ != StopReason::none) return;
  close_epoch(false);
  if (epoch_.in_flight()) committer_->wait();
  collect();
}

void Runner::finish() {
  snapshots_->finishing();
  // A shard that stopped since input is gone is whole: its state is kept for the next start.
  const bool whole = stopped_ == StopReason::none || stopped_ == StopReason::lost_input;
  if (whole && epoch_.in_flight()) committer_->wait();
  collect();
  if (whole && committer_->state() == Committer::State::idle) {
    close_epoch(true);
    if (epoch_.in_flight()) {
      committer_->wait();
      collect();
    } else if (!snapshots_->all_kept(*machine_)) {
      snapshots_->take(*machine_);
      snapshots_->publish();
    }
  }
  snapshots_->finish();
  guard_.clear();
}

void Runner::park(bool lost) {
  if (stopped_ == StopReason::none && epoch_.in_flight()) committer_->wait();
  collect();
  if (!lost) commit_open();
  snapshots_->finish();
  guard_.clear();
}

bool Runner::resume() {
  if (stopped_ != StopReason::none) return false;
  const std::optional<EpochRecord> last = last_epoch(world_.log, machine_->pipeline().name(),
                                                     settings_.shard, world_.simulated.wait);
  return last && last->epoch == epoch() && last->chain == machine_->chain().head();
}

void Runner::report(MetricSamples& samples) {
  samples.with({{"pipeline", machine_->pipeline().name()},
                {"shard", std::to_string(settings_.shard)}});
  samples(metric::recovery_epochs_left, 0);
  epoch_.report(samples);
  snapshots_->report(samples);
  const Committer::Figures commits = committer_->figures();
  samples.histogram(metric::commit_seconds, {}, commits.seconds);
  samples(metric::epochs_total, {"outcome", "committed"}, static_cast<double>(commits.committed));
  samples(metric::epochs_total, {"outcome", "resent"}, static_cast<double>(commits.resent));
  samples(metric::lost_records_total, static_cast<double>(lost_records_));
  machine_->report(samples, world_.now_ms());
  retention_.report(samples, *machine_);
  machine_->report_operators(samples, snapshots_->section_bytes());
}

}  // namespace weir
