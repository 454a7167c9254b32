#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "connectors/file/file_reader.h"
#include "connectors/file/file_writer.h"
#include "connectors/registry.h"
#include "deploy/weir/commands.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/file_paths.h"
#include "pipeline/shard/replay.h"

namespace weir {
namespace {

/// The path that the flags give each of `nodes`; empty where they give none.
template <class Nodes>
std::vector<std::string> given_paths(const std::string& flag, const std::vector<std::string>& texts,
                                     const std::string& what, const Nodes& nodes) {
  std::vector<std::string> paths(nodes.size());
  for (const std::string& text : texts) {
    const std::size_t at = text.find('=');
    if (at == std::string::npos || at == 0 || at + 1 == text.size())
      throw std::invalid_argument(fmt::format("{} {}: write it as NAME=PATH", flag, text));
    std::size_t i = 0;
    while (i < nodes.size() && nodes[i].name != std::string_view(text).substr(0, at)) ++i;
    if (i == nodes.size()) {
      std::string names;
      for (const auto& one : nodes) names += " " + one.name;
      throw std::invalid_argument(fmt::format("{} {}: there is no {} {}; known:{}", flag, text,
                                              what, text.substr(0, at), names));
    }
    paths[i] = text.substr(at + 1);
  }
  return paths;
}

std::unique_ptr<FormatSpec> make_format(std::string_view name) {
  for (const FormatType& type : format_types())
    if (type.name == name) return type.make();
  throw std::runtime_error(fmt::format("there is no format {}", name));
}

std::vector<Replay::Input> open_inputs(const Graph& graph, const std::vector<std::string>& given) {
  std::vector<Replay::Input> inputs(graph.sources.size());
  for (std::size_t s = 0; s < inputs.size(); ++s) {
    const SourceConfig& config = *graph.sources[s].config;
    if (!given[s].empty()) {
      const RowForm rows = config.format_name == "csv" ? config.format->rows() : RowForm{};
      auto reader = std::make_unique<FileReader>(given[s], std::string_view{}, rows);
      inputs[s].format = reader->format() == config.format_name ? config.format
                                                                : make_format(reader->format());
      inputs[s].reader = std::move(reader);
      inputs[s].path = given[s];
      continue;
    }
    // A source that opens its own reader (file, generate) needs no flag.
    inputs[s].reader = config.spec->open_as(config.format_name, config.format->rows());
    inputs[s].format = config.format;
    inputs[s].path = config.spec->path().empty() ? graph.sources[s].name : config.spec->path();
    if (!inputs[s].reader)
      throw std::invalid_argument(
          fmt::format("source {0} needs a file: --input {0}=PATH", graph.sources[s].name));
  }
  return inputs;
}

/// Where each sink writes, empty: nowhere. Throws std::invalid_argument when that would destroy
/// something, before anything is opened.
std::vector<std::string> output_paths(const Graph& graph, const std::vector<std::string>& inputs,
                                      std::vector<std::string> given, bool json) {
  std::vector<FileUse> read, written;
  for (std::size_t s = 0; s < inputs.size(); ++s) {
    const SourceNode& source = graph.sources[s];
    const std::string path = inputs[s].empty() ? source.config->spec->path() : inputs[s];
    if (path == "-")
      for (const FileUse& other : read)
        if (other.path == "-")
          throw std::invalid_argument(fmt::format(
              "sources `{}` and `{}` would both read stdin: give each its own file", other.name,
              source.name));
    if (!path.empty()) read.push_back({source.name, path});
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    const SinkNode& sink = graph.sinks[i];
    if (given[i].empty()) given[i] = sink.config->spec->path();
    if (!given[i].empty() && is_stdout(given[i])) given[i] = "-";
    if (given[i] == "-" && json)
      throw std::invalid_argument(fmt::format(
          "sink `{0}` writes to stdout, which --json needs: --output {0}=PATH", sink.name));
    if (!given[i].empty()) written.push_back({sink.name, given[i]});
  }
  if (const auto clashes = file_clashes(read, written); !clashes.empty())
    throw std::invalid_argument(clashes.front().message);
  return given;
}

std::vector<std::unique_ptr<FileWriter>> open_outputs(const std::vector<std::string>& paths) {
  std::vector<std::unique_ptr<FileWriter>> outputs;
  for (const std::string& path : paths)
    outputs.push_back(path.empty() ? nullptr : open_file_writer(path));
  return outputs;
}

}  // namespace

int replay_command(const CommonOptions& common, const ReplayOptions& options) {
  const auto pipeline = load_pipeline(common.pipeline);
  if (!pipeline) return kWrongConfig;
  const Graph& graph = *pipeline->graph;
  const auto from = given_paths("--input", options.inputs, "source", graph.sources);
  const auto to = output_paths(
      graph, from, given_paths("--output", options.outputs, "sink", graph.sinks), common.json);
  const bool to_stdout = std::ranges::find(to, "-") != to.end();
  Replay::Settings settings;
  settings.batch_rows = pipeline->config.engine.batch_rows;
  settings.drain = options.drain;
  std::vector<Replay::Input> inputs = open_inputs(graph, from);
  Replay replay(graph, std::move(inputs), open_outputs(to), settings);
  replay.run([](const Replay::Progress& at) {
    if (at.seconds > 1)
      fmt::print(stderr, "{} rows, {:.0f} rows/s\n", at.rows,
                 static_cast<double>(at.rows) / at.seconds);
  });
  const ReplayResult result = replay.result();
  if (common.json)
    fmt::print("{}\n", json_text(replay_summary(result)));
  else
    fmt::print(to_stdout ? stderr : stdout, "{}", replay_text(result));
  const std::string failure = replay_failure(result);
  if (!failure.empty()) throw std::runtime_error(failure);
  return kDone;
}

}  // namespace weir
