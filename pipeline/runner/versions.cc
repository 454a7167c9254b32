#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/core/hash_text.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/epochs/topic_names.h"
#include "pipeline/runner/runner.h"

// The pipelines of a runner: the one in the file, and those that were in force once.

namespace weir {
namespace {

/// Whether two graphs read the same topics under the same names.
bool same_inputs(const Graph& a, const Graph& b) {
  return std::ranges::equal(a.sources, b.sources, [](const SourceNode& x, const SourceNode& y) {
    return x.name == y.name && x.config->spec->topic() == y.config->spec->topic();
  });
}

}  // namespace

std::map<std::string, std::int32_t> Runner::partition_counts() const {
  std::map<std::string, std::int32_t> counts;
  for (std::size_t s = 0; s < graph_->sources.size(); ++s)
    counts[graph_->sources[s].name] = layout_->source_partitions[s];
  return counts;
}

void Runner::check_partitions(const std::map<std::string, std::int32_t>& partitions) const {
  for (std::size_t s = 0; s < graph_->sources.size(); ++s) {
    const auto at = partitions.find(graph_->sources[s].name);
    if (at != partitions.end() && at->second != layout_->source_partitions[s])
      throw std::runtime_error(fmt::format(
          "source {} had {} partitions when this pipeline began and has {} now; the number is "
          "pinned. Start under another pipeline name",
          at->first, at->second, layout_->source_partitions[s]));
  }
}

/// A pipeline as an epoch or a snapshot recorded it comes into force, with nothing in its state.
void Runner::use(const std::string& resolved,
                 const std::map<std::string, std::int32_t>& partitions) {
  past_.reset();
  graph_ = &live_graph_;
  layout_ = &live_layout_;
  if (world_.read_recorded && resolved != settings_.resolved) {
    auto past = std::make_unique<Past>();
    past->pipeline = world_.read_recorded(resolved);
    const Graph& graph = *past->pipeline->graph;
    if (graph.fingerprint != live_graph_.fingerprint || !same_inputs(graph, live_graph_)) {
      past->layout.shards = live_layout_.shards;
      // Nothing is put out; where it was is of interest only to who looks for it.
      for (const std::string& topic : output_topics(graph))
        past->layout.output_partitions.push_back(
            settings_.find_outputs ? world_.log.partitions(topic).value_or(1) : 1);
      for (const SourceNode& source : graph.sources) {
        const std::string topic = source.config->spec->topic();
        past->layout.source_partitions.push_back(
            partitions.contains(source.name) ? partitions.at(source.name)
            : topic.empty()                  ? 1
                                             : log_of(source).partitions(topic).value_or(1));
      }
      past_ = std::move(past);
      graph_ = &*past_->pipeline->graph;
      layout_ = &past_->layout;
    }
  }
  check_partitions(partitions);
  make_shard();
}

void Runner::check_logic(const EpochRecord& record) {
  if (record.logic == graph_->fingerprint || record.logic == accepted_) return;
  if (!world_.read_recorded)
    throw std::runtime_error(
        "the pipeline has changed since it last ran. Go back to the file it ran with, or start "
        "under another pipeline name");
  if (!settings_.accept_new_logic)
    throw std::runtime_error(fmt::format(
        "epoch {} was computed by a program whose arithmetic this one does not have (logic {}, "
        "here {}): run that program once more, or go on with this one's with --accept-new-logic "
        "(what was learned since the last snapshot is then learned anew, and may differ)",
        record.epoch, hex16(record.logic), hex16(graph_->fingerprint)));
  accepted_ = record.logic;
}

/// Whether what is in force is not yet what the file wants.
bool Runner::changed() const {
  return past_ || accepted_ || logic_ != graph_->fingerprint || !settings_.reset.empty() ||
         (!control_ && first_command()) || (record_bytes_ != 0 && record_bytes_ != record_limit());
}

/// Where the lanes of the graph in force go on: where those of the one before stood, or -1.
Runner::Positions Runner::carry_positions(const Graph& from, const std::vector<Lane>& lanes,
                                          const Positions& positions) const {
  Positions carried;
  for (const Lane& lane : shard_->lanes()) {
    const SourceNode& source = graph_->sources[lane.source];
    std::int64_t position = -1;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      const SourceNode& before = from.sources[lanes[i].source];
      if (before.name == source.name && lanes[i].partition == lane.partition &&
          before.config->spec->topic() == source.config->spec->topic())
        position = positions[i];
    }
    carried.push_back(position);
  }
  return carried;
}

/// Repeats a recorded change of the pipeline.
void Runner::replay_change(const EpochRecord& record) {
  const std::vector<StateSection> state = shard_->save();
  const Positions before = lanes_->positions();
  const std::vector<Lane> lanes = shard_->lanes();
  const std::unique_ptr<Past> past = std::move(past_);  // until the state has moved
  const Graph& from = *graph_;
  record_bytes_ = record.begin->record_bytes;
  use(record.begin->pipeline, record.begin->partitions);
  shard_->load(state, record.begin->reset);
  Positions positions = carry_positions(from, lanes, before);
  for (const auto& [lane, offset] : record.begin->start)
    go_to(positions, lane.first, lane.second, offset);
  open_lanes(positions);
}

/// The pipeline of the file comes into force; this is recorded as an epoch of its own.
void Runner::change() {
  const std::vector<StateSection> state = shard_->save();
  const Positions before = lanes_->positions();
  const std::vector<Lane> lanes = shard_->lanes();
  const std::unique_ptr<Past> past = std::move(past_);
  const Graph& from = *graph_;
  graph_ = &live_graph_;
  layout_ = &live_layout_;
  for (const SourceNode& source : from.sources)
    if (std::ranges::find(graph_->sources, source.name, &SourceNode::name) == graph_->sources.end())
      notes_.push_back(
          fmt::format("source {} is no longer read; its position is given up", source.name));
  record_bytes_ = record_limit();
  make_shard();
  EpochRecord record;
  record.begin.emplace();
  record.begin->pipeline = settings_.resolved;
  record.begin->shards = layout_->shards;
  record.begin->partitions = partition_counts();
  record.begin->record_bytes = record_bytes_;
  record.begin->reset = settings_.reset;
  record.begin->accepted = accepted_;
  Positions positions = carry_positions(from, lanes, before);
  const Positions fresh = start_offsets();
  for (std::size_t lane = 0; lane < positions.size(); ++lane) {
    if (positions[lane] >= 0) continue;
    positions[lane] = fresh[lane];
    const Lane& at = shard_->lanes()[lane];
    record.begin->start.push_back({{graph_->sources[at.source].name, at.partition}, fresh[lane]});
  }
  if (const auto first = control_ ? std::nullopt : first_command()) {
    record.begin->start.push_back({{std::string(kControlSource), 0}, *first});
    open_control(*first);
    notes_.push_back(fmt::format("commands are taken from offset {} of {} on", *first,
                                 control_topic(live_graph_.pipeline)));
  }
  const std::vector<std::string> cold = shard_->load(state, settings_.reset);
  for (const std::string& name : cold)
    notes_.push_back(fmt::format(
        "operator {} starts cold: {}", name,
        std::ranges::find(settings_.reset, name) != settings_.reset.end()      ? "it was told to"
        : std::ranges::find(from.nodes, name, &Node::name) == from.nodes.end() ? "it is new"
                                                                               : "it has changed"));
  if (accepted_)
    notes_.push_back(fmt::format(
        "epochs computed with other arithmetic (logic {}) were replayed with this program's; from "
        "epoch {} on it is this program's ({})",
        hex16(*accepted_), next_epoch_, hex16(graph_->fingerprint)));
  else if (!past && logic_ != graph_->fingerprint)
    notes_.push_back(fmt::format(
        "the arithmetic is another from epoch {} on (logic {}, before {}); nothing had to be "
        "replayed with it",
        next_epoch_, hex16(graph_->fingerprint), hex16(logic_)));
  notes_.push_back(
      fmt::format("the pipeline changed at epoch {}: {} of {} operators keep their "
                  "state",
                  next_epoch_, graph_->nodes.size() - cold.size(), graph_->nodes.size()));
  commit_alone(std::move(record));
  accepted_.reset();
  logic_ = graph_->fingerprint;
  settings_.reset.clear();
  open_lanes(positions);
  take_snapshot();
  publish_snapshot(false);
}

}  // namespace weir
