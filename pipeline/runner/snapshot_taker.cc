#include "pipeline/runner/snapshot_taker.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "pipeline/core/state_visitors.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/core/topic_names.h"
#include "pipeline/runner/shard_machine.h"

namespace weir {
namespace {

// Snapshots taken while one is being written, or while none can be.
constexpr std::size_t kMostTaken = 1'000;

SnapshotStore::Settings store_settings(const SnapshotTaker::Settings& settings, World& world) {
  SnapshotStore::Settings store;
  store.folder = settings.folder;
  store.pipeline = settings.pipeline;
  store.shard = settings.shard;
  store.log = &world.log;
  store.topic_every = settings.topic_every;
  store.threads = !world.simulated.wait;
  store.wait = world.simulated.wait;
  store.now = world.simulated.now;
  return store;
}

}  // namespace

SnapshotTaker::SnapshotTaker(Settings settings, World& world)
    : settings_(std::move(settings)),
      world_(world),
      store_(store_settings(settings_, world)),
      taken_at_(world.now()),
      written_at_(taken_at_) {}

void SnapshotTaker::begin(const Cursor& at, std::optional<std::uint64_t> epoch) {
  base_ = {at, std::vector<std::int64_t>(at.entries().size(), kNoTime)};
  if (epoch) epoch_ = *epoch;
}

/// The state as it is now: a small one at once, a large one by a process that copies it while the
/// shard continues.
SnapshotTaker::Waiting SnapshotTaker::save(Snapshot head, Shard& shard) {
  Waiting waiting{std::move(head), nullptr};
  SealedSink& sealed = store_.sealed();
  const bool at_once = world_.simulated.wait || finishing_;
  std::size_t bytes = 0;
  for (const auto& [name, size] : section_bytes()) bytes += size;
  if (!at_once && bytes <= settings_.save_at_once) try {
      waiting.snapshot.sections = shard.save(&sealed, settings_.save_at_once);
      return waiting;
    } catch (const StateTooLarge&) {
    }
  if (!at_once) try {
      waiting.copy = std::make_unique<StateCopy>(
          [&shard] {
            struct NamesAlone final : SealedSink {
              void settle(SealedBytes&) override {}
            } names;
            return shard.save(&names);
          },
          shard.sealed(sealed));
      return waiting;
    } catch (const std::system_error&) {  // no room for another process: it takes its time then
    }
  waiting.snapshot.sections = shard.save(&sealed);
  return waiting;
}

void SnapshotTaker::take(ShardMachine& machine) {
  const auto begun = world_.now();
  const PipelineInForce& pipeline = machine.pipeline();
  const ShardInput& input = machine.input();
  Base base{input.cursor(), {}};
  for (std::size_t lane = 0; lane < input.size(); ++lane)
    base.times.push_back(input.last_time(lane));
  base.times.resize(base.cursor.entries().size(), kNoTime);  // commands
  Snapshot head;
  head.pipeline = pipeline.name();
  head.resolved = pipeline.resolved();
  head.record_bytes = pipeline.record_bytes();
  head.shard = pipeline.shard();
  head.epoch = epoch_ = machine.chain().last();
  head.chain = machine.chain().head();
  head.logic = pipeline.graph().fingerprint;
  head.log_position = machine.chain().last_position();
  head.positions = base.cursor.entries();
  waiting_ = save(std::move(head), machine.shard());
  taken_at_ = world_.now();
  if (taken_.size() == kMostTaken) taken_.pop_front();
  taken_.push_back({epoch_, taken_at_, std::move(base)});
  forced_ = false;
  seconds_.observe(std::chrono::duration<double>(taken_at_ - begun).count());
}

void SnapshotTaker::take_uncommitted(ShardMachine& machine) {
  try {
    const auto shard = static_cast<std::int32_t>(settings_.shard);
    const OffsetRange range = world_.log.offsets(epochs_topic(settings_.pipeline), shard, kSoon);
    machine.chain().reach_before_last(range.end);
  } catch (const LogFailure&) {  // the older bound holds too
  }
  take(machine);
}

void SnapshotTaker::publish() {
  if (!waiting_) return;
  published_ = true;
  store_.publish(std::move(waiting_->snapshot), finishing_, std::move(waiting_->copy));
  waiting_.reset();
}

void SnapshotTaker::note_written() {
  const SnapshotStore::Report report = store_.report();
  const std::uint64_t newest = std::max(report.disk.epoch, report.topic.epoch);
  for (; !taken_.empty() && taken_.front().epoch <= newest; taken_.pop_front()) {
    base_ = std::move(taken_.front().base);
    written_at_ = taken_.front().at;
  }
}

const SnapshotTaker::Base& SnapshotTaker::replay_base() {
  note_written();
  return base_;
}

bool SnapshotTaker::all_kept(const ShardMachine& machine) {
  const std::uint64_t last = machine.chain().last();
  if (epoch_ < last) return false;
  finish();
  note_written();
  const ShardInput& input = machine.input();
  for (std::size_t lane = 0; lane < input.size(); ++lane) {  // gaps make no epoch
    const auto kept = base_.cursor.at(input.source(lane).name, input.partition(lane));
    if (!kept || input.position(lane) > *kept) return false;
  }
  if (!published_) return true;
  const SnapshotStore::Report report = store_.report();
  return report.disk.epoch == last && report.topic.epoch == last;
}

std::string SnapshotTaker::error() const {
  const SnapshotStore::Report report = store_.report();
  for (const SnapshotStore::Place& place : {report.disk, report.topic})
    if (place.failed > 0 && !place.last_error.empty()) return place.last_error;
  return {};
}

void SnapshotTaker::report(MetricSamples& samples) {
  note_written();
  const SnapshotStore::Report report = store_.report();
  samples.histogram(metric::snapshot_seconds, {}, seconds_);
  samples(metric::snapshot_bytes, static_cast<double>(report.disk.bytes));
  samples(metric::snapshot_failures_total, {"place", "disk"},
          static_cast<double>(report.disk.failed));
  samples(metric::snapshot_failures_total, {"place", "topic"},
          static_cast<double>(report.topic.failed));
  samples(metric::segment_bytes, static_cast<double>(report.segment_bytes));
  samples(metric::snapshot_age_seconds,
          std::chrono::duration<double>(world_.now() - written_at_).count());
}

}  // namespace weir
