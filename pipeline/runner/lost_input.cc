#include "pipeline/runner/lost_input.h"

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <utility>

#include "pipeline/epochs/control_lane.h"
#include "pipeline/core/topic_names.h"

namespace weir {

std::string with_way_out(const LogFailure& failure, const ShardInput& input) {
  if (failure.kind != LogFailure::Kind::lost) return failure.what();
  if (input.has_read_past_end())
    return fmt::format(
        "{}. More was read than the topic now holds: it was recreated or truncated, so the "
        "pipeline's state no longer matches it. Start under another pipeline name",
        failure.what());
  return fmt::format(
      "input was deleted before weir had finished with it: {}. To continue without it, start with "
      "engine.on_lost_input: skip",
      failure.what());
}

Gap find_gap(const ShardInput& input, World& world, const std::string& pipeline) {
  Gap gap{{}, input.cursor()};
  const auto pass = [&](const std::string& source, std::int32_t partition, std::int64_t position,
                        std::int64_t first) {
    if (position >= first) return;
    gap.lost.push_back({source, partition, position, first - 1});
    gap.after.set(source, partition, first);
  };
  for (std::size_t lane = 0; lane < input.size(); ++lane)
    if (input.input(lane).grows())
      pass(input.source(lane).name, input.partition(lane), input.position(lane),
           input.first_offset(lane));
  if (const auto position = input.commands_position())
    pass(std::string(kControlSource), 0, *position,
         world.log.offsets(control_topic(pipeline), 0).first);
  return gap;
}

std::uint64_t rows_of(const std::vector<LostInput>& lost) {
  std::uint64_t rows = 0;
  for (const LostInput& one : lost)
    if (one.source != kControlSource) rows += static_cast<std::uint64_t>(one.last - one.first + 1);
  return rows;
}

void report_gap(const Gap& gap, const ShardInput& input, const std::string& pipeline,
                Notices& notices) {
  for (const LostInput& one : gap.lost)
    if (one.source == kControlSource)
      notices.warn(fmt::format("commands at offsets {} to {} of {} were deleted: skipped",
                               one.first, one.last, control_topic(pipeline)));
    else
      notices.warn(fmt::format(
          "offsets {} to {} of {} [{}] were deleted before they were read: skipped "
          "(engine.on_lost_input: skip)",
          one.first, one.last, input.input(input.lane_of(one.source, one.partition)).name(),
          one.partition));
}

Unreplayable pass_over_epochs(ShardMachine& machine, EpochReader& epochs, Cursor at) {
  const std::uint64_t base = machine.chain().last();
  std::map<Cursor::Input, LostInput> lost;
  Unreplayable passed;
  while (std::optional<EpochRecord> record = epochs.next()) {
    for (const LostInput& one : record->lost)
      if (record->resumed == base || one.source != kControlSource)
        machine.move(at, one.source, one.partition, one.last + 1);
    if (record->resumed == base) {
      passed.resumed = std::move(*record);
      break;
    }
    if (record->begin)
      throw std::runtime_error(fmt::format(
          "the input of epoch {} and later is gone, and the pipeline changed at epoch {}: neither "
          "replay nor skipping can get there. Start under another pipeline name",
          base + 1, record->epoch));
    for (const Run& run : record->runs) {
      if (run.source == kControlSource) continue;
      LostInput& all = lost[{run.source, run.partition}];
      if (all.source.empty()) all = {run.source, run.partition, run.first, run.last};
      all.last = run.last;
      machine.move(at, run.source, run.partition, run.last + 1);
      passed.rows += run.count;
    }
    machine.follow(*record);
  }
  for (auto& [input, one] : lost) passed.lost.push_back(std::move(one));
  passed.after = std::move(at);
  return passed;
}

}  // namespace weir
