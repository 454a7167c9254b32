#include "pipeline/runner/pipeline_in_force.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "pipeline/core/hash_text.h"
#include "pipeline/epochs/control_lane.h"
#include "pipeline/runner/layout.h"

namespace weir {
namespace {

/// Whether two graphs read the same topics under the same names.
bool same_inputs(const Graph& a, const Graph& b) {
  return std::ranges::equal(a.sources, b.sources, [](const SourceNode& x, const SourceNode& y) {
    return x.name == y.name && x.config->spec->topic() == y.config->spec->topic();
  });
}

const SourceNode* source_of(const Graph& graph, std::string_view name) {
  const auto at = std::ranges::find(graph.sources, name, &SourceNode::name);
  return at == graph.sources.end() ? nullptr : &*at;
}

}  // namespace

PipelineInForce::PipelineInForce(const Graph& live, const Layout& layout, World& world,
                                 Settings settings)
    : live_graph_(live),
      live_layout_(layout),
      world_(world),
      settings_(std::move(settings)),
      version_(this->live(0)) {}

std::uint32_t PipelineInForce::epochs_topic() const {
  return static_cast<std::uint32_t>(live_layout_.topics.size() - 1);
}

SourceInput PipelineInForce::input_of(const SourceNode& source) const {
  const SourceNode* live = source_of(live_graph_, source.name);
  return {source, live != nullptr ? *live->config : *source.config, world_};
}

PipelineInForce::Version PipelineInForce::live(std::size_t record_bytes) const {
  Version version;
  version.graph_ = &live_graph_;
  version.layout_ = &live_layout_;
  version.record_bytes_ = record_bytes;
  return version;
}

PipelineInForce::Version PipelineInForce::recorded(const std::string& resolved,
                                                   const Partitions& partitions,
                                                   std::size_t record_bytes) const {
  Version version = live(record_bytes);
  if (world_.read_recorded && resolved != settings_.resolved) {
    auto recorded = std::make_unique<Version::Recorded>();
    recorded->pipeline = world_.read_recorded(resolved);
    const Graph& graph = *recorded->pipeline->graph;
    if (graph.fingerprint != live_graph_.fingerprint || !same_inputs(graph, live_graph_)) {
      recorded->layout = recorded_layout(graph, partitions);
      version.graph_ = &graph;
      version.layout_ = &recorded->layout;
      version.recorded_ = std::move(recorded);
    }
  }
  check_partitions(version, partitions);
  return version;
}

/// Nothing is written; where outputs went matters only to whoever looks for them.
Layout PipelineInForce::recorded_layout(const Graph& graph, const Partitions& partitions) const {
  Layout layout;
  layout.shards = live_layout_.shards;
  for (const std::string& topic : output_topics(graph))
    layout.output_partitions.push_back(
        settings_.find_outputs ? world_.log.partitions(topic).value_or(1) : 1);
  for (const SourceNode& source : graph.sources)
    layout.source_partitions.push_back(partitions.contains(source.name)
                                           ? partitions.at(source.name)
                                           : input_of(source).partitions().value_or(1));
  return layout;
}

void PipelineInForce::check_partitions(const Version& version, const Partitions& partitions) const {
  for (std::size_t s = 0; s < version.graph().sources.size(); ++s) {
    const auto at = partitions.find(version.graph().sources[s].name);
    const std::int32_t now = version.layout().source_partitions[s];
    if (at != partitions.end() && at->second != now)
      throw std::runtime_error(fmt::format(
          "source {} had {} partitions when this pipeline began and has {} now, and the number "
          "cannot change. Start under another pipeline name",
          at->first, at->second, now));
  }
}

PipelineInForce::Version PipelineInForce::adopt(Version next) {
  return std::exchange(version_, std::move(next));
}

std::vector<Lane> PipelineInForce::lanes_of(const Version& version) const {
  std::vector<Lane> lanes;
  const Layout& layout = version.layout();
  for (std::size_t s = 0; s < version.graph().sources.size(); ++s)
    for (std::int32_t p = 0; p < layout.source_partitions[s]; ++p)
      if (static_cast<std::uint32_t>(p) % layout.shards == settings_.shard) lanes.push_back({s, p});
  return lanes;
}

Shard::Settings PipelineInForce::shard_settings(std::size_t batch_rows) const {
  Shard::Settings shard;
  shard.shard = settings_.shard;
  shard.batch_rows = batch_rows;
  shard.partitions = layout().output_partitions;
  shard.lanes = lanes();
  for (const SourceNode& source : graph().sources)
    shard.origins.push_back(input_of(source).name());
  return shard;
}

PipelineInForce::Partitions PipelineInForce::partition_counts() const {
  Partitions counts;
  for (std::size_t s = 0; s < graph().sources.size(); ++s)
    counts[graph().sources[s].name] = layout().source_partitions[s];
  return counts;
}

void PipelineInForce::check_logic(const EpochRecord& record) {
  if (record.logic == graph().fingerprint || record.logic == accepted_) return;
  if (!world_.read_recorded)
    throw std::runtime_error(
        "the pipeline has changed since it last ran. Go back to the file it ran with, or start "
        "under another pipeline name");
  if (!settings_.accept_new_logic)
    throw std::runtime_error(fmt::format(
        "epoch {} was computed with different arithmetic (logic {}, here {}): run the program that "
        "computed it once more, or continue with this one by --accept-new-logic (what was learned "
        "since the last snapshot is then learned again, and may differ)",
        record.epoch, hex16(record.logic), hex16(graph().fingerprint)));
  accepted_ = record.logic;
}

void PipelineInForce::load(std::uint64_t logic) {
  logic_ = logic;
  if (logic != graph().fingerprint && settings_.accept_new_logic) accepted_ = logic;
}

bool PipelineInForce::differs_from_live() const {
  return !is_live() || accepted_ || logic_ != graph().fingerprint;
}

void PipelineInForce::settle() {
  accepted_.reset();
  logic_ = graph().fingerprint;
}

Cursor carried(const Cursor& cursor, const Graph& from, const Graph& to) {
  Cursor all;
  for (const auto& [input, next] : cursor.entries()) {
    const SourceNode* before = source_of(from, input.first);
    const SourceNode* after = source_of(to, input.first);
    const bool read = before != nullptr && after != nullptr &&
                      before->config->spec->topic() == after->config->spec->topic();
    if (read || input.first == kControlSource) all.set(input.first, input.second, next);
  }
  return all;
}

}  // namespace weir
