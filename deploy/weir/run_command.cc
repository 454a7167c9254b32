#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>

#include "connectors/kafka/kafka_log.h"
#include "deploy/weir/commands.h"
#include "deploy/weir/crash_mark.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/log_lines.h"
#include "deploy/weir/service_loop.h"
#include "deploy/weir/version.h"
#include "pipeline/engine/epoch.h"
#include "pipeline/engine/service.h"

namespace weir {
namespace {

/// Kafka logs by their properties: a source may have a cluster of its own.
class KafkaLogs {
 public:
  explicit KafkaLogs(const Config& config) : config_(config), main_(config.kafka) {}

  Log& main() { return main_; }
  Log& of(const SourceConfig& source) {
    if (source.kafka.empty()) return main_;
    KafkaProperties all = config_.kafka;
    for (const auto& [name, value] : source.kafka) all[name] = value;
    auto& log = others_[all];
    if (!log) log = std::make_unique<KafkaLog>(all);
    return *log;
  }

 private:
  const Config& config_;
  KafkaLog main_;
  std::map<KafkaProperties, std::unique_ptr<KafkaLog>> others_;
};

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Owner this_owner(const Config& config) {
  utsname host{};
  ::uname(&host);
  return {config.engine.instance, host.nodename, ::getpid()};
}

}  // namespace

int run_command(const CommonOptions& common, const RunOptions& options) {
  const auto pipeline = load_pipeline(common.pipeline);
  if (!pipeline) return kWrongConfig;
  const Config& config = pipeline->config;
  log_line(LogLevel::info,
           fmt::format("weir {} ({}) runs {}: pipeline {}, fingerprint {}", kVersion, kBuild,
                       config.file, config.pipeline.text, hex16(pipeline->graph->fingerprint)));
  for (const std::string& name : options.reset)
    if (std::ranges::find(pipeline->graph->nodes, name, &Node::name) ==
        pipeline->graph->nodes.end())
      throw std::invalid_argument(fmt::format("--reset-state {}: there is no such operator", name));
  StateDir state_dir(config);
  const bool crashed = take_crash_mark(state_dir.path());
  leave_crash_mark(state_dir.path());
  KafkaLogs logs(config);
  World world{
      logs.main(), [&](const SourceConfig& source) -> Log& { return logs.of(source); }, wall_ms,
      [](const std::string& resolved) { return read_recorded(resolved, all_components()); }};
  const Layout layout =
      prepare_topics(*pipeline->graph, config, world, config.engine.create_topics);
  log_line(LogLevel::info, fmt::format("{} shard(s) on {} worker(s), state in {}", layout.shards,
                                       config.engine.workers, state_dir.path().string()));
  ServiceLoop loop(config, *pipeline->graph, layout, world, state_dir.path(), this_owner(config),
                   {options.accept_new_logic, options.reset, crashed});
  return loop.run();
}

int verify_command(const CommonOptions& common) {
  const auto pipeline = load_pipeline(common.pipeline);
  if (!pipeline) return kWrongConfig;
  KafkaLogs logs(pipeline->config);
  World world{
      logs.main(), [&](const SourceConfig& source) -> Log& { return logs.of(source); }, wall_ms,
      [](const std::string& resolved) { return read_recorded(resolved, all_components()); }};
  const Layout layout = prepare_topics(*pipeline->graph, pipeline->config, world, false);
  int code = kDone;
  for (std::uint32_t shard = 0; shard < layout.shards; ++shard) {
    Signal signal;
    Runner::Settings settings;
    settings.shard = shard;
    settings.engine = pipeline->config.engine;
    settings.resolved = resolved_config(pipeline->config);
    Runner runner(*pipeline->graph, layout, world, std::move(settings), signal);
    try {
      auto last = Runner::Clock::now();
      std::uint64_t rows = 0;
      const std::uint64_t epochs = runner.verify([&](const Runner::Progress& at) {
        rows = at.rows;
        const auto now = Runner::Clock::now();
        if (now - last < std::chrono::seconds(2)) return;
        last = now;
        fmt::print(stderr, "shard {}: epoch {} of {}, {} rows\n", shard, at.epoch, at.epochs,
                   at.rows);
      });
      for (const std::string& note : runner.notes())
        fmt::print(stderr, "shard {}: {}\n", shard, note);
      if (common.json)
        fmt::print(
            "{{\"shard\":{},\"epochs\":{},\"rows\":{},\"output_hash\":\"{}\",\"state_hash\":"
            "\"{}\",\"equal\":true}}\n",
            shard, epochs, rows, hex16(runner.output_hash()), hex16(runner.state_hash()));
      else
        fmt::print("shard {}: {} epochs, {} rows: equal; output hash {}, state hash {}\n", shard,
                   epochs, rows, hex16(runner.output_hash()), hex16(runner.state_hash()));
    } catch (const LogFailure&) {
      throw;
    } catch (const std::exception& error) {
      fmt::print(stderr, "shard {}: {}\n", shard, error.what());
      code = kFailed;
    }
  }
  return code;
}

}  // namespace weir
