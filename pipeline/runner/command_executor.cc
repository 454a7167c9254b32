#include "pipeline/runner/command_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "pipeline/epochs/control_lane.h"

namespace weir {

std::string CommandExecutor::execute(const Record& record, Shard& shard) {
  const std::optional<Command> command = Command::read(record);
  const bool done = shard.command(command ? command->target : std::string_view(),
                                  command ? command->name : std::string_view());
  ++(done ? done_ : ignored_);
  if (!command)
    return fmt::format("the record at offset {} of {} is not a command: ignored", record.offset,
                       topic_);
  if (done) return fmt::format("operator {}: {}", command->target, command->name);
  const auto& nodes = shard.graph().nodes;
  return fmt::format("command {} for operator {} (offset {} of {}): {}: ignored", command->name,
                     command->target, record.offset, topic_,
                     std::ranges::find(nodes, command->target, &Node::name) == nodes.end()
                         ? "there is no such operator"
                         : "it does not know this command");
}

}  // namespace weir
