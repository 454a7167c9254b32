#include "deploy/weir/pipeline_file.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "connectors/kafka/kafka_log.h"
#include "connectors/registry.h"
#include "deploy/weir/file_paths.h"
#include "operators/registry.h"

extern char** environ;

namespace weir {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (in) in.peek();  // a folder can be opened but not read
  if (!in.is_open() || in.bad()) throw std::runtime_error(fmt::format("cannot read {}", path));
  return {std::istreambuf_iterator<char>(in), {}};
}

void read_environment(const std::string& env_file, std::map<std::string, std::string>& to) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view one(*entry);
    const std::size_t at = one.find('=');
    if (at != std::string_view::npos) to[std::string(one.substr(0, at))] = one.substr(at + 1);
  }
  if (env_file.empty()) return;
  std::ifstream in(env_file);
  if (!in) throw std::runtime_error(fmt::format("cannot read {}", env_file));
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();  // the file of an editor on Windows
    if (line.empty() || line[0] == '#') continue;
    const std::size_t at = line.find('=');
    if (at == std::string::npos || at == 0)
      throw std::runtime_error(fmt::format("{}:{}: a line must be NAME=value", env_file, number));
    to[line.substr(0, at)] = line.substr(at + 1);
  }
}

void check_files(const Config& config, Problems& problems) {
  std::vector<FileUse> read, written;
  std::vector<Place> places;
  for (const SourceConfig& source : config.sources)
    if (source.spec && !source.spec->path().empty())
      read.push_back({source.name.text, source.spec->path()});
  for (const SinkConfig& sink : config.sinks) {
    if (!sink.spec || sink.spec->path().empty()) continue;
    written.push_back({sink.name.text, sink.spec->path()});
    places.push_back(sink.name.place);
  }
  for (const FileClash& clash : file_clashes(read, written))
    problems.error(places[clash.sink], clash.message);
}

}  // namespace

Vocabulary all_components() {
  return {source_types(), operator_types(), sink_types(), format_types(), &kafka_property};
}

std::unique_ptr<Pipeline> load_pipeline_text(const std::string& name, std::string text,
                                             const PipelineOptions& options,
                                             ConfigCheck also) {
  ConfigInput input;
  input.file = name;
  input.text = std::move(text);
  for (const std::string& one : options.set) {
    const std::size_t at = one.find('=');
    if (at == std::string::npos)
      throw std::invalid_argument(fmt::format("--set {}: write it as path=value", one));
    input.set.emplace_back(one.substr(0, at), one.substr(at + 1));
  }
  read_environment(options.env_file, input.environment);
  Problems problems(name, input.text);
  auto pipeline = read_pipeline(input, all_components(), problems);
  check_files(pipeline->config, problems);
  if (also != nullptr) also(pipeline->config, problems);
  const std::string rendered = problems.render();
  std::fwrite(rendered.data(), 1, rendered.size(), stderr);
  if (problems.any_error()) return nullptr;
  return pipeline;
}

std::unique_ptr<Pipeline> load_pipeline(const PipelineOptions& options, ConfigCheck also) {
  return load_pipeline_text(options.file, read_file(options.file), options, also);
}

}  // namespace weir
