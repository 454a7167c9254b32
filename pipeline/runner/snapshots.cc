#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "pipeline/core/state.h"
#include "pipeline/core/state_visitors.h"
#include "pipeline/runner/runner.h"

// The part of Runner that takes snapshots.

namespace weir {
namespace {

// Snapshots taken while one is being written, or while none can be.
constexpr std::size_t kMostTaken = 1'000;

}  // namespace

/// Where the record of the epoch being closed will be, or before: nothing older is read again.
void Runner::find_log_position() {
  try {
    const auto partition = static_cast<std::int32_t>(settings_.shard);
    log_position_ =
        std::max(log_position_, world_.log.offsets(layout_->topics.back(), partition, kSoon).end);
  } catch (const LogFailure&) {  // the older bound holds too
  }
}

void Runner::make_snapshots() {
  SnapshotStore::Settings store;
  if (!settings_.state_dir.empty())
    store.folder = settings_.state_dir / fmt::format("shard-{}", settings_.shard);
  store.pipeline = live_graph_.pipeline;
  store.shard = settings_.shard;
  store.log = &world_.log;
  store.topic_every = std::chrono::milliseconds(settings_.engine.snapshot_topic_every.ms);
  store.threads = !world_.simulated.wait;
  store.wait = world_.simulated.wait;
  store.now = world_.simulated.now;
  snapshots_ = std::make_unique<SnapshotStore>(std::move(store));
}

/// The state as it is now: a small one at once, a large one by a process that copies it while the
/// shard goes on.
void Runner::save_state(Pending& to) {
  SealedSink& sealed = snapshots_->sealed();
  const bool at_once = world_.simulated.wait || finishing_;
  const SnapshotStore::Report last = snapshots_->report();
  std::size_t bytes = 0;
  for (const auto& [name, size] : last.sections) bytes += size;
  if (!at_once && bytes <= settings_.save_at_once) try {
      to.snapshot.sections = shard_->save(&sealed, settings_.save_at_once);
      return;
    } catch (const StateTooLarge&) {
    }
  if (!at_once) try {
      to.copy = std::make_unique<StateCopy>(
          [this] {
            struct NamesAlone final : SealedSink {
              void settle(SealedBytes&) override {}
            } names;
            return shard_->save(&names);
          },
          shard_->sealed(sealed));
      return;
    } catch (const std::system_error&) {  // no room for another process: it takes its time then
    }
  to.snapshot.sections = shard_->save(&sealed);
}

/// Has the state after the epoch closed last saved.
void Runner::take_snapshot() {
  const auto begun = now();
  Pending pending;
  Snapshot& snapshot = pending.snapshot;
  snapshot.pipeline = graph_->pipeline;
  snapshot.resolved = settings_.resolved;
  snapshot.record_bytes = record_bytes_;
  snapshot.shard = settings_.shard;
  snapshot.epoch = epoch();
  snapshot.chain = chain_;
  snapshot.logic = graph_->fingerprint;
  snapshot.log_position = last_position_;
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane)
    snapshot.positions.push_back(
        {{graph_->sources[lanes_->lane(lane).source].name, lanes_->lane(lane).partition},
         lanes_->position(lane)});
  if (control_)
    snapshot.positions.push_back({{std::string(kControlSource), 0}, control_->position()});
  save_state(pending);
  pending_ = std::move(pending);
  last_snapshot_ = now();
  if (taken_.size() == kMostTaken) taken_.pop_front();
  taken_.push_back({epoch(), last_snapshot_, {}});
  for (std::size_t lane = 0; lane < lanes_->size(); ++lane)
    taken_.back().positions.emplace_back(lanes_->position(lane), last_times_[lane]);
  snapshot_due_ = false;
  snapshot_epoch_ = epoch();
  snapshot_seconds_.observe(std::chrono::duration<double>(last_snapshot_ - begun).count());
}

/// Its epoch is in the log.
void Runner::publish_snapshot(bool last) {
  published_ = true;
  snapshots_->publish(std::move(pending_->snapshot), last, std::move(pending_->copy));
  pending_.reset();
}

/// Replay begins at the newest snapshot that was written somewhere; one that was only taken, or
/// could not be written, does not count.
void Runner::note_written() {
  const SnapshotStore::Report report = snapshots_->report();
  const std::uint64_t newest = std::max(report.disk.epoch, report.topic.epoch);
  for (; !taken_.empty() && taken_.front().epoch <= newest; taken_.pop_front()) {
    snapshot_positions_ = std::move(taken_.front().positions);
    written_at_ = taken_.front().at;
  }
}

std::string Runner::snapshot_error() const {
  if (!snapshots_) return {};
  const SnapshotStore::Report report = snapshots_->report();
  for (const SnapshotStore::Place& place : {report.disk, report.topic})
    if (place.failed > 0 && !place.last_error.empty()) return place.last_error;
  return {};
}

}  // namespace weir
