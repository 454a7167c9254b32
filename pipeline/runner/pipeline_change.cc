#include "pipeline/runner/pipeline_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "pipeline/core/hash_text.h"
#include "pipeline/epochs/control_lane.h"
#include "pipeline/core/topic_names.h"
#include "pipeline/graph/state_parts.h"
#include "pipeline/runner/lone_epoch.h"

namespace weir {
namespace {

/// What the pipeline before the change was.
struct Before {
  explicit Before(const PipelineInForce& pipeline)
      : state(StateOutline::of(pipeline.graph())),
        live(pipeline.is_live()),
        logic(pipeline.logic()),
        accepted(pipeline.accepted()) {
    for (const SourceNode& source : pipeline.graph().sources) sources.push_back(source.name);
  }
  std::vector<std::string> sources;
  StateOutline state;
  bool live;
  std::uint64_t logic;
  std::optional<std::uint64_t> accepted;
};

/// Inputs that begin with the change: new sources, and commands if there were none. They are added
/// to the cursor and to the record.
void begin_new_inputs(ShardInput& input, Cursor& at, Beginning& record, Notices& notices,
                      const std::string& pipeline) {
  const Cursor starts = input.starts();
  for (const auto& [lane, start] : starts.entries()) {
    if (at.at(lane.first, lane.second)) continue;
    at.set(lane.first, lane.second, start);
    record.start.push_back({lane, start});
  }
  const auto first = input.has_commands() ? std::nullopt : input.first_command();
  if (!first) return;
  at.set(kControlSource, 0, *first);
  record.start.push_back({{std::string(kControlSource), 0}, *first});
  notices.warn(fmt::format("commands are read from offset {} of {}", *first,
                           control_topic(pipeline)));
}

void report_logic(const ShardMachine& machine, const Before& before, Notices& notices) {
  const std::uint64_t logic = machine.graph().fingerprint;
  const std::uint64_t epoch = machine.chain().next();
  if (before.accepted)
    notices.warn(fmt::format(
        "epochs computed with different arithmetic (logic {}) were replayed with this program's, "
        "which applies from epoch {} on ({})",
        hex16(*before.accepted), epoch, hex16(logic)));
  else if (before.live && before.logic != logic)
    notices.warn(fmt::format(
        "the arithmetic differs from epoch {} on (logic {}, before {}); nothing had to be "
        "replayed with it",
        epoch, hex16(logic), hex16(before.logic)));
}

}  // namespace

bool needs_change(const ShardMachine& machine, const ChangeWish& wish) {
  const std::size_t record_bytes = machine.pipeline().record_bytes();
  return machine.pipeline().differs_from_live() || !wish.reset.empty() ||
         (!machine.input().has_commands() && machine.input().first_command()) ||
         (record_bytes != 0 && record_bytes != wish.record_bytes);
}

void record_change(ShardMachine& machine, const ChangeWish& wish, Committer& committer,
                   Notices& notices) {
  PipelineInForce& pipeline = machine.pipeline();
  const Before before(pipeline);
  ShardMachine::Change change = machine.change_to_live(wish.record_bytes, wish.reset);
  const Graph& graph = machine.graph();
  for (const std::string& source : before.sources)
    if (std::ranges::find(graph.sources, source, &SourceNode::name) == graph.sources.end())
      notices.warn(
          fmt::format("source {} is no longer read; its position is given up", source));
  EpochRecord record;
  record.begin.emplace();
  record.begin->pipeline = pipeline.resolved();
  record.begin->shards = pipeline.layout().shards;
  record.begin->partitions = pipeline.partition_counts();
  record.begin->record_bytes = wish.record_bytes;
  record.begin->reset.assign(wish.reset.begin(), wish.reset.end());
  record.begin->accepted = before.accepted;
  begin_new_inputs(machine.input(), change.carried, *record.begin, notices, pipeline.name());
  const StateChange state = compare_parts(before.state, StateOutline::of(graph), wish.reset);
  for (const std::string& sentence : state.sentences()) notices.warn(sentence);
  report_logic(machine, before, notices);
  notices.warn(fmt::format("the pipeline changed at epoch {}: {} of {} parts of its state are kept",
                           machine.chain().next(), state.kept, state.parts));
  commit_alone(machine, committer, std::move(record));
  pipeline.settle();
  machine.open(change.carried);
}

}  // namespace weir
