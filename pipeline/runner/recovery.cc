#include "pipeline/runner/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "pipeline/epochs/control_lane.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/core/topic_names.h"
#include "pipeline/runner/lone_epoch.h"
#include "pipeline/runner/lost_input.h"
#include "pipeline/runner/pipeline_change.h"

namespace weir {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kListed = 6;  // offsets that are listed one by one

/// `events[0] 0, events[1] 17 and 62 more`.
std::string offsets_text(const Cursor& cursor) {
  std::string text;
  std::size_t listed = 0, more = 0;
  for (const auto& [input, next] : cursor.entries()) {
    if (input.first == kControlSource) continue;
    if (listed == kListed) {
      ++more;
      continue;
    }
    text += fmt::format("{}{}[{}] {}", listed++ == 0 ? "" : ", ", input.first, input.second, next);
  }
  if (more > 0) text += fmt::format(" and {} more", more);
  return text;
}

ShardMachine::Settings machine_settings(const RunnerSettings& settings) {
  return {.pipeline = {.shard = settings.shard,
                       .resolved = settings.resolved,
                       .accept_new_logic = settings.accept_new_logic},
          .batch_rows = settings.engine.batch_rows,
          .run_rows = settings.engine.run_rows,
          .owner = settings.owner};
}

std::unique_ptr<Committer> make_committer(const std::string& pipeline, const Layout& layout,
                                          World& world, const RunnerSettings& settings,
                                          Signal& signal) {
  Committer::Settings committer;
  committer.pipeline = pipeline;
  committer.shard = settings.shard;
  committer.identity = shard_identity(pipeline, settings.shard);
  committer.topics = layout.topics;
  committer.delivery = settings.engine.delivery;
  committer.simulated = world.simulated;
  return std::make_unique<Committer>(world.log, std::move(committer), signal);
}

std::unique_ptr<SnapshotTaker> make_snapshots(const std::string& pipeline, World& world,
                                              const RunnerSettings& settings) {
  SnapshotTaker::Settings snapshots;
  snapshots.folder = settings.folder();
  snapshots.pipeline = pipeline;
  snapshots.shard = settings.shard;
  snapshots.every = milliseconds(settings.engine.snapshot_every.ms);
  snapshots.topic_every = milliseconds(settings.engine.snapshot_topic_every.ms);
  snapshots.save_at_once = settings.save_at_once;
  return std::make_unique<SnapshotTaker>(std::move(snapshots), world);
}

/// The largest output record allowed from this epoch on.
std::size_t record_limit(const Committer& committer, const Layout& layout) {
  return std::min(committer.max_record_bytes(), layout.max_record_bytes);
}

}  // namespace

Recovery::Recovery(const Graph& graph, const Layout& layout, World& world, RunnerSettings settings,
                   Signal& signal, ProcessTurns& turns)
    : world_(world),
      settings_(std::move(settings)),
      signal_(signal),
      turns_(turns),
      layout_(layout),
      so_far_{std::make_unique<ShardMachine>(graph, layout, world, machine_settings(settings_),
                                             signal)} {}

std::unique_ptr<Runner> Recovery::run(const WatchReplay& watch) {
  const std::string& pipeline = so_far_.machine->pipeline().name();
  so_far_.committer = make_committer(pipeline, layout_, world_, settings_, signal_);
  so_far_.snapshots = make_snapshots(pipeline, world_, settings_);
  const std::optional<EpochRecord> last =
      last_epoch(world_.log, pipeline, settings_.shard, world_.simulated.wait);
  if (last) {
    if (!replay(last->epoch, watch)) return nullptr;
    change();
  } else {
    ReplayStart(*so_far_.machine, so_far_.snapshots->store(), world_, so_far_.notices)
        .snapshots_up_to(std::nullopt);
    const auto shard = static_cast<std::int32_t>(settings_.shard);
    begin(world_.log.offsets(epochs_topic(pipeline), shard).end);
  }
  return std::make_unique<Runner>(world_, settings_, turns_, std::move(so_far_));
}

/// Epoch 0: pins what can never change, before any row.
void Recovery::begin(std::int64_t first_position) {
  ShardMachine& machine = *so_far_.machine;
  const std::size_t record_bytes = record_limit(*so_far_.committer, layout_);
  const Cursor start = machine.begin(record_bytes, first_position);
  so_far_.notices.info("begins at " + offsets_text(start));
  EpochRecord record;
  record.begin.emplace();
  record.begin->pipeline = settings_.resolved;
  record.begin->shards = layout_.shards;
  record.begin->partitions = machine.pipeline().partition_counts();
  record.begin->record_bytes = record_bytes;
  record.begin->start = start.entries();
  commit_alone(machine, *so_far_.committer, std::move(record));
  machine.open(start);
  so_far_.snapshots->begin(start, std::nullopt);
}

/// False: `watch` gave it up.
bool Recovery::replay(std::uint64_t last, const WatchReplay& watch) {
  ShardMachine& machine = *so_far_.machine;
  ReplayStart start(machine, so_far_.snapshots->store(), world_, so_far_.notices);
  EpochPlayer player(machine, world_, signal_);
  const ReplayStart::From from = start.newest(last);
  machine.open(from.input);
  so_far_.snapshots->begin(from.input, from.snapshot);
  machine.chain().reach(from.epochs->end());
  try {
    return player.play_all(*from.epochs, last, watch);
  } catch (const LogFailure& failure) {
    if (failure.kind != LogFailure::Kind::lost) throw;
    if (settings_.engine.on_lost_input != OnLostInput::skip || machine.input().has_read_past_end())
      throw LogFailure(LogFailure::Kind::lost, with_way_out(failure, machine.input()));
    return continue_without(start, player, last, watch);
  }
}

/// The epochs after the newest snapshot cannot be replayed, since their input is gone: continues
/// after them from the snapshot's state. Their outputs are there; what they taught is not.
bool Recovery::continue_without(ReplayStart& start, EpochPlayer& player, std::uint64_t last,
                                const WatchReplay& watch) {
  ShardMachine& machine = *so_far_.machine;
  ReplayStart::From from = start.newest(last);
  const std::uint64_t base = machine.chain().last();
  Unreplayable passed = pass_over_epochs(machine, *from.epochs, std::move(from.input));
  so_far_.lost_records += passed.rows;
  machine.open(passed.after);
  if (passed.resumed) {  // this was done once already
    player.play_resumed(*passed.resumed, from.epochs->timestamp());
    so_far_.snapshots->force();
    return player.play_all(*from.epochs, last, watch);
  }
  for (const LostInput& one : passed.lost)
    so_far_.notices.warn(fmt::format(
        "offsets {} to {} of source {} [{}] were deleted before they could be replayed: their "
        "outputs are there, but the state continues from epoch {} without them "
        "(engine.on_lost_input: skip)",
        one.first, one.last, one.source, one.partition, base));
  EpochRecord record;
  record.resumed = base;
  record.lost = std::move(passed.lost);
  commit_alone(machine, *so_far_.committer, std::move(record));  // before a changed pipeline is
  if (!change()) take_snapshot();                                // replay can begin after the gap
  return true;
}

/// Has the file's pipeline come into force if it is another. Returns whether it is.
bool Recovery::change() {
  const ChangeWish wish{record_limit(*so_far_.committer, layout_), settings_.reset};
  if (!needs_change(*so_far_.machine, wish)) return false;
  record_change(*so_far_.machine, wish, *so_far_.committer, so_far_.notices);
  settings_.reset.clear();
  take_snapshot();
  return true;
}

void Recovery::take_snapshot() {
  so_far_.snapshots->take(*so_far_.machine);
  so_far_.snapshots->publish();
}

}  // namespace weir
