#include "pipeline/graph/graph_fingerprint.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <string>

#include "pipeline/core/check.h"

namespace weir {
namespace {

// Raised when decoders, encoders, the clock or the expression language give other bits.
constexpr int kArithmetic = 2;

std::string source_text(const SourceNode& source) {
  std::string text = fmt::format("source {} {} {}", source.name, resolved_format(*source.config),
                                 source.config->time ? source.config->time->text : "");
  for (const FieldSpec& field : source.fields) {
    if (!field.read) continue;
    text += fmt::format(" {}:{}:{}:{}:{}{}{}", field.field.name, type_name(field.field.type),
                        field.path, static_cast<int>(field.from), field.unit_ms,
                        field.required ? "!" : "", field.lenient ? "~" : "");
    for (const std::string& missing : field.missing) text += fmt::format(" -{}", missing);
  }
  return text + fmt::format(" {} {}", source.config->lateness.ms, source.config->ahead.ms);
}

std::string node_text(const Config& config, const Graph& graph, const Node& node) {
  const auto written = std::ranges::find_if(
      config.operators, [&](const OperatorConfig& one) { return one.name.text == node.name; });
  check(written != config.operators.end(), "a graph has the operators of its configuration");
  std::string text =
      fmt::format("{} {} logic {}", node.name, resolved_operator(*written), node.spec->logic());
  for (std::size_t port = 0; port < node.inputs.size(); ++port) {
    const Stream& stream = graph.streams[node.inputs[port]];
    text += " <" + stream.name;
    if (port >= node.reads.size()) continue;
    for (const std::size_t i : node.reads[port])
      text += fmt::format(" {}:{}", stream.schema.fields[i].name,
                          type_name(stream.schema.fields[i].type));
  }
  // What is wanted of an output may be part of what is kept (a waiting row's fields).
  for (const std::size_t output : node.outputs) {
    const Stream& stream = graph.streams[output];
    if (stream.name == node.name) continue;
    text += " >" + stream.name;
    for (std::size_t i = 0; i < stream.schema.size(); ++i)
      if (stream.needed[i]) text += " " + stream.schema.fields[i].name;
  }
  return text;
}

std::string sink_text(const Graph& graph, const SinkNode& sink) {
  std::string text = fmt::format("sink {} {}", sink.name, resolved_format(*sink.config));
  for (std::size_t i = 0; i < sink.inputs.size(); ++i) {
    text += " <" + graph.streams[sink.inputs[i]].name;
    for (const std::size_t field : sink.fields[i]) text += fmt::format(" {}", field);
    for (const std::size_t field : sink.key[i]) text += fmt::format(" k{}", field);
  }
  return text;
}

}  // namespace

void set_fingerprints(const Config& config, Graph& graph) {
  std::string all = fmt::format("{} arithmetic {}", graph.pipeline, kArithmetic);
  for (const SourceNode& source : graph.sources) all += "\n" + source_text(source);
  for (Node& node : graph.nodes) {
    const std::string text = node_text(config, graph, node);
    node.fingerprint = XXH3_64bits(text.data(), text.size());
    all += "\n" + text;
  }
  for (const SinkNode& sink : graph.sinks) all += "\n" + sink_text(graph, sink);
  graph.fingerprint = XXH3_64bits(all.data(), all.size());
}

}  // namespace weir
