#include "pipeline/graph/graph_fingerprint.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/check.h"
#include "pipeline/core/json.h"

namespace weir {
namespace {

// Raised when decoders, encoders, the clock or the expression language give other bits.
constexpr int kArithmetic = 4;

std::string source_text(const SourceNode& source) {
  std::string text = fmt::format("source {} {} {}", source.name, resolved_format(*source.config),
                                 source.config->time ? source.config->time->text : "");
  for (const FieldSpec& field : source.fields) {
    if (!field.read) continue;
    text += fmt::format(" {}:{}:{}:{}:{}{}{}", field.field.name, type_name(field.field.type),
                        field.path, static_cast<int>(field.from), field.unit_ms,
                        field.required ? "!" : "", field.lenient ? "~" : "");
    if (!field.pattern.empty()) text += fmt::format(" pattern {}", field.pattern);
    if (field.offset_ms != 0) text += fmt::format(" offset {}", field.offset_ms);
    if (!field.steps.empty()) text += " steps";
    if (field.identity) text += " =";
    if (field.classes)
      for (const std::string& name : *field.classes) text += fmt::format(" |{}", name);
    for (const std::string& missing : field.missing) text += fmt::format(" -{}", missing);
  }
  return text + fmt::format(" {} {} {}", source.config->lateness.ms, source.config->ahead.ms,
                            source.config->confirm);
}

const OperatorConfig& config_of(const Config& config, const Node& node) {
  const auto written = std::ranges::find_if(
      config.operators, [&](const OperatorConfig& one) { return one.name.text == node.name; });
  check(written != config.operators.end(), "a graph has the operators of its configuration");
  return *written;
}

std::string node_text(const Config& config, const Graph& graph, const Node& node) {
  std::string text = fmt::format("{} {} logic {}", node.name,
                                 resolved_operator(config_of(config, node)), node.spec->logic());
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

/// What a part depends on that names no fact: the operator as a whole.
std::vector<StatePart::Fact> whole_operator(const OperatorConfig& config, const Graph& graph,
                                            const Node& node) {
  std::string fields;
  for (std::size_t port = 0; port < node.reads.size(); ++port) {
    const Schema& schema = graph.streams[node.inputs[port]].schema;
    for (const std::size_t i : node.reads[port])
      fields += fmt::format("{}{}.{}:{}", fields.empty() ? "" : " ", port, schema.fields[i].name,
                            type_name(schema.fields[i].type));
  }
  std::vector<StatePart::Fact> facts;
  const Json options = parse_json(resolved_operator(config));
  for (const auto& [name, value] : options.items())
    facts.push_back({name, json_text(value)});
  facts.push_back({"the fields it reads", fields});
  facts.push_back({"arithmetic", std::to_string(node.spec->logic())});
  return facts;
}

std::vector<Node::Part> parts_of(const OperatorConfig& config, const Graph& graph,
                                 const Node& node) {
  std::vector<Node::Part> parts;
  for (StatePart& state : node.plan->parts()) {
    if (state.depends.empty()) state.depends = whole_operator(config, graph, node);
    std::string text = config.type + '\n' + state.name;
    for (const StatePart::Fact& fact : state.depends)
      text += '\n' + fact.what + '\0' + fact.is;
    parts.push_back({std::move(state), XXH3_64bits(text.data(), text.size())});
  }
  return parts;
}

std::string sink_text(const Graph& graph, const SinkNode& sink) {
  std::string text = fmt::format("sink {} {}", sink.name, resolved_format(*sink.config));
  for (std::size_t i = 0; i < sink.inputs.size(); ++i) {
    text += " <" + graph.streams[sink.inputs[i]].name;
    for (const std::size_t field : sink.fields[i]) text += fmt::format(" {}", field);
    for (const std::size_t field : sink.key[i]) text += fmt::format(" k{}", field);
  }
  if (sink.passes_headers()) text += " headers";
  return text;
}

}  // namespace

std::string source_field_text(const SourceNode& source, std::size_t field) {
  const FieldSpec& of = source.fields[field];
  constexpr std::array<std::string_view, 3> kFrom = {"value", "key", "header"};
  std::string text =
      fmt::format("{} of source {}: {} from the {} at {} of {}", of.field.name, source.name,
                  type_name(of.field.type), kFrom[static_cast<std::size_t>(of.from)], of.path,
                  resolved_format(*source.config));
  if (of.unit_ms != 1) text += fmt::format(", unit {} ms", of.unit_ms);
  if (of.lenient) text += ", lenient";
  if (!of.pattern.empty()) text += ", pattern " + of.pattern;
  if (of.offset_ms != 0) text += fmt::format(", {} ms ahead of UTC", of.offset_ms);
  if (!of.steps.empty()) text += ", by steps";
  for (const std::string& missing : of.missing) text += fmt::format(", missing {}", missing);
  return text;
}

void set_fingerprints(const Config& config, Graph& graph) {
  std::string all = fmt::format("{} arithmetic {}", graph.pipeline, kArithmetic);
  for (const SourceNode& source : graph.sources) all += "\n" + source_text(source);
  for (Node& node : graph.nodes) {
    const std::string text = node_text(config, graph, node);
    node.fingerprint = XXH3_64bits(text.data(), text.size());
    all += "\n" + text;
    node.parts = parts_of(config_of(config, node), graph, node);
  }
  for (const SinkNode& sink : graph.sinks) all += "\n" + sink_text(graph, sink);
  graph.fingerprint = XXH3_64bits(all.data(), all.size());
}

}  // namespace weir
