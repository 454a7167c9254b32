#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "deploy/weir/commands.h"
#include "deploy/weir/crash_mark.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/kafka_world.h"
#include "deploy/weir/log_lines.h"
#include "deploy/weir/service_loop.h"
#include "deploy/weir/version.h"
#include "pipeline/core/hash_text.h"
#include "pipeline/epochs/epoch_record.h"
#include "pipeline/service/state_dir.h"
#include "pipeline/service/topics.h"

namespace weir {
namespace {

Owner this_owner(const Config& config) {
  utsname host{};
  ::uname(&host);
  return {config.engine.instance, host.nodename, ::getpid()};
}

/// What a file holds cannot be part of a transaction of Kafka's.
void refuse_files(const Config& config, Problems& problems) {
  for (const SinkConfig& sink : config.sinks)
    if (sink.spec && !sink.spec->path().empty())
      problems.error(sink.name.place,
                     fmt::format("sink `{}` writes a file, which works in `weir replay` only: "
                                 "`weir run` writes to topics (type: kafka)",
                                 sink.name.text));
}

}  // namespace

int run_command(const CommonOptions& common, const RunOptions& options) {
  const auto pipeline = load_pipeline(common.pipeline, refuse_files);
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
  KafkaWorld kafka(config);
  const Layout layout =
      prepare_topics(*pipeline->graph, config, kafka.world(), config.engine.create_topics);
  log_line(LogLevel::info, fmt::format("{} shard(s) on {} worker(s), state in {}", layout.shards,
                                       config.engine.workers, state_dir.path().string()));
  ServiceLoop loop(config, *pipeline->graph, layout, kafka.world(), state_dir.path(),
                   this_owner(config), {options.accept_new_logic, options.reset, crashed});
  return loop.run();
}

}  // namespace weir
