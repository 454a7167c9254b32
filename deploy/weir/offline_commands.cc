#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

#include "deploy/weir/commands.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/version.h"
#include "pipeline/core/hash_text.h"
#include "pipeline/core/json.h"
#include "pipeline/graph/state_parts.h"

namespace weir {
namespace {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.empty() && text.back() != '\n') std::fputc('\n', stdout);
}

Json change_json(const StateChange& change) {
  Json cold = Json::array();
  for (const StateChange::Cold& one : change.cold)
    cold.push_back({{"operator", one.name}, {"part", one.part}, {"why", one.why}});
  return {{"parts", change.parts},
          {"kept", change.kept},
          {"cold", std::move(cold)},
          {"gone", change.gone},
          {"warnings", change.warnings}};
}

/// What would become of the state of the pipeline `old_file` under this one.
int compare_with(const Graph& graph, const CommonOptions& common, const std::string& old_file) {
  PipelineOptions options = common.pipeline;
  options.file = old_file;
  options.set.clear();
  const auto old = load_pipeline(options);
  if (!old) return kWrongConfig;
  if (old->graph->pipeline != graph.pipeline)
    throw std::invalid_argument(
        fmt::format("--against {}: that is pipeline {}, this one is {}: under another name a "
                    "pipeline begins without state",
                    old_file, old->graph->pipeline, graph.pipeline));
  const StateChange change =
      compare_parts(StateOutline::of(*old->graph), StateOutline::of(graph));
  if (common.json) {
    print(json_text(change_json(change)));
    return kDone;
  }
  for (const std::string& sentence : change.sentences()) print(sentence);
  print(fmt::format("{} of {} parts of the state are kept", change.kept, change.parts));
  return kDone;
}

}  // namespace

int check_command(const CommonOptions& common, const std::string& against) {
  const auto pipeline = load_pipeline(common.pipeline);
  if (!pipeline) return kWrongConfig;
  if (!against.empty()) return compare_with(*pipeline->graph, common, against);
  if (common.json) {
    print(json_text({{"pipeline", pipeline->graph->pipeline},
                     {"fingerprint", hex16(pipeline->graph->fingerprint)},
                     {"sources", pipeline->graph->sources.size()},
                     {"operators", pipeline->graph->nodes.size()},
                     {"sinks", pipeline->graph->sinks.size()}}));
    return kDone;
  }
  print(graph_text(*pipeline->graph));
  print(fmt::format("ok: {} sources, {} operators, {} sinks; fingerprint {}",
                    pipeline->graph->sources.size(), pipeline->graph->nodes.size(),
                    pipeline->graph->sinks.size(), hex16(pipeline->graph->fingerprint)));
  return kDone;
}

int graph_command(const CommonOptions& common, const std::string& format) {
  const auto pipeline = load_pipeline(common.pipeline);
  if (!pipeline) return kWrongConfig;
  print(format == "dot"       ? graph_dot(*pipeline->graph)
        : format == "mermaid" ? graph_mermaid(*pipeline->graph)
                              : graph_text(*pipeline->graph));
  return kDone;
}

int list_command(const CommonOptions& common) {
  print(list_components(all_components(), common.json));
  return kDone;
}

int describe_command(const CommonOptions& common, const std::string& name) {
  const std::string text = describe_component(all_components(), name, common.json);
  if (text.empty()) {
    fmt::print(stderr, "weir: there is no component `{}`; `weir list` shows them all\n", name);
    return kUsage;
  }
  print(text);
  return kDone;
}

int schema_command() {
  print(config_schema(all_components()));
  return kDone;
}

int version_command(const CommonOptions& common) {
  if (common.json)
    print(json_text({{"version", kVersion}, {"build", kBuild}}));
  else
    print(version_text());
  return kDone;
}

}  // namespace weir
