#include <fmt/format.h>

#include <algorithm>

#include "pipeline/graph/graph.h"

// The graph for people: which sources, operators and sinks there are, and what flows between.

namespace weir {
namespace {

std::string schema_text(const Stream& stream) {
  std::string text;
  for (std::size_t i = 0; i < stream.schema.size(); ++i) {
    const Field& field = stream.schema.fields[i];
    text += fmt::format("{}{}: {}{}", text.empty() ? "" : ", ", field.name, type_name(field.type),
                        stream.needed[i] ? "" : " (not read)");
  }
  return text;
}

std::string names(const Graph& graph, const std::vector<std::size_t>& streams) {
  std::string text;
  for (const std::size_t stream : streams)
    text += (text.empty() ? "" : ", ") + graph.streams[stream].name;
  return text;
}

std::string_view owner(std::string_view stream) { return stream.substr(0, stream.find('.')); }

/// Calls `edge(from, to, label)` for every edge.
template <class Edge>
void each_edge(const Graph& graph, Edge edge) {
  const auto label = [&](std::size_t stream) -> std::string_view {
    const std::string_view name = graph.streams[stream].name;
    const std::size_t dot = name.find('.');
    return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  };
  for (const Node& node : graph.nodes)
    for (const std::size_t stream : node.inputs)
      edge(owner(graph.streams[stream].name), node.name, label(stream));
  for (const SinkNode& sink : graph.sinks)
    for (const std::size_t stream : sink.inputs)
      edge(owner(graph.streams[stream].name), "sink_" + sink.name, label(stream));
}

/// A name that dot and mermaid take as an identifier.
std::string identifier(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '-', '_');
  return "n_" + text;
}

}  // namespace

std::string graph_text(const Graph& graph) {
  std::string text = fmt::format("pipeline {}\n", graph.pipeline);
  for (std::size_t s = 0; s < graph.sources.size(); ++s)
    text += fmt::format("  source   {} ({})\n             {}\n", graph.sources[s].name,
                        graph.sources[s].config->type, schema_text(graph.streams[s]));
  for (const Node& node : graph.nodes) {
    text += fmt::format("  operator {} <- {}\n", node.name, names(graph, node.inputs));
    for (const std::size_t stream : node.outputs)
      text += fmt::format("    {:<8} {}\n",
                          graph.streams[stream].name == node.name
                              ? "out"
                              : graph.streams[stream].name.substr(node.name.size()),
                          schema_text(graph.streams[stream]));
  }
  for (const SinkNode& sink : graph.sinks)
    text += fmt::format("  sink     {} ({}) <- {}\n", sink.name, sink.config->type,
                        names(graph, sink.inputs));
  return text;
}

std::string graph_dot(const Graph& graph) {
  std::string text =
      fmt::format("digraph \"{}\" {{\n  rankdir=LR;\n  node [shape=box];\n", graph.pipeline);
  for (const SourceNode& source : graph.sources)
    text +=
        fmt::format("  {} [label=\"{}\", shape=cylinder];\n", identifier(source.name), source.name);
  for (const Node& node : graph.nodes)
    text += fmt::format("  {} [label=\"{}\"];\n", identifier(node.name), node.name);
  for (const SinkNode& sink : graph.sinks)
    text += fmt::format("  {} [label=\"{}\", shape=cylinder];\n", identifier("sink_" + sink.name),
                        sink.name);
  each_edge(graph, [&](std::string_view from, std::string_view to, std::string_view label) {
    text += fmt::format("  {} -> {}{};\n", identifier(from), identifier(to),
                        label.empty() ? "" : fmt::format(" [label=\"{}\"]", label));
  });
  return text + "}\n";
}

std::string graph_mermaid(const Graph& graph) {
  std::string text = "graph LR\n";
  for (const SourceNode& source : graph.sources)
    text += fmt::format("  {}[({})]\n", identifier(source.name), source.name);
  for (const Node& node : graph.nodes)
    text += fmt::format("  {}[{}]\n", identifier(node.name), node.name);
  for (const SinkNode& sink : graph.sinks)
    text += fmt::format("  {}[({})]\n", identifier("sink_" + sink.name), sink.name);
  each_edge(graph, [&](std::string_view from, std::string_view to, std::string_view label) {
    text += fmt::format("  {} -->{} {}\n", identifier(from),
                        label.empty() ? "" : fmt::format("|{}|", label), identifier(to));
  });
  return text;
}

}  // namespace weir
