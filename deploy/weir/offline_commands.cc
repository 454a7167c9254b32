#include <fmt/format.h>

#include <cstdio>

#include "deploy/weir/commands.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/version.h"
#include "pipeline/core/hash_text.h"
#include "pipeline/core/json.h"
#include "pipeline/epochs/epoch_record.h"

namespace weir {
namespace {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.empty() && text.back() != '\n') std::fputc('\n', stdout);
}

}  // namespace

int check_command(const CommonOptions& common) {
  const auto pipeline = load_pipeline(common.pipeline);
  if (!pipeline) return kWrongConfig;
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
