#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "connectors/file/file_reader.h"
#include "connectors/file/file_writer.h"
#include "connectors/registry.h"
#include "deploy/weir/commands.h"
#include "deploy/weir/exit_code.h"
#include "pipeline/engine/replay.h"

namespace weir {
namespace {

std::pair<std::string, std::string> split(const std::string& flag, const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size())
    throw std::invalid_argument(fmt::format("{} {}: write it as NAME=PATH", flag, text));
  return {text.substr(0, at), text.substr(at + 1)};
}

std::unique_ptr<FormatSpec> make_format(std::string_view name) {
  for (const FormatType& type : format_types())
    if (type.name == name) return type.make();
  throw std::runtime_error(fmt::format("there is no format {}", name));
}

std::vector<Replay::Input> open_inputs(const Graph& graph, const std::vector<std::string>& flags) {
  std::vector<Replay::Input> inputs(graph.sources.size());
  for (const std::string& flag : flags) {
    const auto [name, path] = split("--input", flag);
    const auto source = std::ranges::find(graph.sources, name, &SourceNode::name);
    if (source == graph.sources.end()) {
      std::string names;
      for (const SourceNode& one : graph.sources) names += " " + one.name;
      throw std::invalid_argument(
          fmt::format("--input {}: there is no source {}; there is{}", flag, name, names));
    }
    Replay::Input& input = inputs[static_cast<std::size_t>(source - graph.sources.begin())];
    auto reader = std::make_unique<FileReader>(path);
    input.format = make_format(reader->format());
    input.reader = std::move(reader);
    input.path = path;
  }
  for (std::size_t s = 0; s < inputs.size(); ++s) {
    if (inputs[s].reader) continue;
    // A source that opens its own reader (file, generate) needs no flag.
    const SourceConfig& config = *graph.sources[s].config;
    inputs[s].reader = config.spec->open_as(config.format_name);
    inputs[s].format = make_format(config.format_name);
    inputs[s].path = graph.sources[s].name;
    if (!inputs[s].reader)
      throw std::invalid_argument(
          fmt::format("source {0} needs a file: --input {0}=PATH", graph.sources[s].name));
  }
  return inputs;
}

std::vector<std::unique_ptr<FileWriter>> open_outputs(const Graph& graph,
                                                      const std::vector<std::string>& flags,
                                                      bool json) {
  std::vector<std::unique_ptr<FileWriter>> outputs(graph.sinks.size());
  for (std::size_t i = 0; i < graph.sinks.size(); ++i)
    if (const std::string path = graph.sinks[i].config->spec->path(); !path.empty())
      outputs[i] = open_file_writer(path);
  for (const std::string& flag : flags) {
    const auto [name, path] = split("--output", flag);
    const auto sink = std::ranges::find(graph.sinks, name, &SinkNode::name);
    if (sink == graph.sinks.end())
      throw std::invalid_argument(fmt::format("--output {}: there is no sink {}", flag, name));
    if (path == "-" && json)
      throw std::invalid_argument("--output SINK=- writes to stdout, which --json needs");
    outputs[static_cast<std::size_t>(sink - graph.sinks.begin())] = open_file_writer(path);
  }
  return outputs;
}

}  // namespace

int replay_command(const CommonOptions& common, const ReplayOptions& options) {
  const auto pipeline = load_pipeline(common.pipeline);
  if (!pipeline) return kWrongConfig;
  Replay::Settings settings;
  settings.batch_rows = pipeline->config.engine.batch_rows;
  settings.drain = options.drain;
  const bool to_stdout = std::ranges::any_of(
      options.outputs, [](const std::string& output) { return output.ends_with("=-"); });
  Replay replay(*pipeline->graph, open_inputs(*pipeline->graph, options.inputs),
                open_outputs(*pipeline->graph, options.outputs, common.json), settings);
  replay.run([](const Replay::Progress& at) {
    if (at.seconds > 1)
      fmt::print(stderr, "{} rows, {:.0f} rows/s\n", at.rows,
                 static_cast<double>(at.rows) / at.seconds);
  });
  if (common.json)
    fmt::print("{}\n", replay.summary_json());
  else
    fmt::print(to_stdout ? stderr : stdout, "{}", replay.summary_text());
  return kDone;
}

}  // namespace weir
