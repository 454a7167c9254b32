#include <fmt/format.h>

#include <algorithm>

#include "pipeline/epochs/topic_names.h"
#include "pipeline/runner/runner.h"

// How Runner takes commands: input like any other, recorded and replayed, but of every shard.

namespace weir {
namespace {

constexpr std::size_t kCommandsAtOnce = 256;

}  // namespace

/// Where the commands of a pipeline begin that has read none so far: those before are of the past.
/// Nothing: there is no topic for them.
std::optional<std::int64_t> Runner::first_command() const {
  const std::string topic = control_topic(live_graph_.pipeline);
  if (!world_.log.partitions(topic)) return std::nullopt;
  return world_.log.offsets(topic, 0).end;
}

void Runner::open_control(std::int64_t position) {
  control_ = std::make_unique<ControlLane>(world_.log, live_graph_.pipeline, position, signal_);
}

/// An input goes on at an offset, as an epoch or a snapshot recorded it.
void Runner::go_to(Positions& positions, const std::string& source, std::int32_t partition,
                   std::int64_t offset) {
  if (source == kControlSource)
    open_control(offset);
  else
    positions[lane_of(source, partition)] = offset;
}

void Runner::refill(Clock::time_point time) {
  lanes_->refill(settings_.engine.run_rows, time);
  if (control_) control_->refill(kCommandsAtOnce);
}

/// Takes what commands there are, before the next rows.
bool Runner::run_commands() {
  if (!control_) return false;
  const std::span<const Record> records = control_->take(kCommandsAtOnce);
  if (records.empty()) return false;
  note_run(std::string(kControlSource), 0, records);
  for (const Record& record : records) {
    record_.in = hash_input(record_.in, 0, record);
    notes_.push_back(command(record));
  }
  return true;
}

/// Does what a record says, whatever it is; it takes a sequence number either way. Returns what
/// became of it, for a person.
std::string Runner::command(const Record& record) {
  const std::optional<Command> command = Command::read(record);
  const bool done = shard_->command(command ? command->target : std::string_view(),
                                    command ? command->name : std::string_view());
  ++(done ? commands_done_ : commands_ignored_);
  if (!command)
    return fmt::format("what is at offset {} of {} is no command: ignored", record.offset,
                       control_topic(live_graph_.pipeline));
  if (done) return fmt::format("operator {}: {}", command->target, command->name);
  return fmt::format(
      "command {} for operator {} (offset {} of {}): {}: ignored", command->name, command->target,
      record.offset, control_topic(live_graph_.pipeline),
      std::ranges::find(graph_->nodes, command->target, &Node::name) == graph_->nodes.end()
          ? "there is no such operator"
          : "it does not know this command");
}

}  // namespace weir
