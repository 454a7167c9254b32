#pragma once

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "connectors/memory/memory_log.h"
#include "connectors/registry.h"
#include "operators/registry.h"
#include "pipeline/graph/pipeline.h"
#include "pipeline/runner/recovery.h"
#include "pipeline/runner/runner.h"
#include "pipeline/service/topics.h"
#include "tests/temporary_folder.h"

namespace weir::benchmark {

using Clock = std::chrono::steady_clock;

inline double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// A line of /proc/self/status, in MB.
inline double status_mb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (double kb = 0; word == name + ":" && status >> kb) return kb / 1'024;
  return 0;
}

/// A pipeline of one shard on a log in memory, whose sources' topics have one partition, and the
/// runners that have it one after another.
class MemoryShard {
 public:
  MemoryShard(const std::string& yaml, std::filesystem::path folder) : folder_(std::move(folder)) {
    const ConfigInput input{.file = "benchmark.yaml",
                            .text = yaml,
                            .set = {{"engine.state_dir", folder_.string()}},
                            .environment = {}};
    Problems problems(input.file, input.text);
    pipeline_ = read_pipeline(
        input, {source_types(), operator_types(), sink_types(), format_types(), nullptr}, problems);
    if (!pipeline_->graph) throw std::runtime_error(problems.render());
    for (const SourceNode& source : pipeline_->graph->sources)
      log_.create_topic(source.config->spec->topic(), 1);
    layout_ = prepare_topics(*pipeline_->graph, pipeline_->config, world_, true);
  }

  MemoryLog& log() { return log_; }

  /// Recovers the shard.
  std::unique_ptr<Runner> runner(const TellReplay& tell = [](const ReplayProgress&) {}) {
    RunnerSettings settings;
    settings.engine = pipeline_->config.engine;
    settings.state_dir = folder_;
    settings.resolved = resolved_config(pipeline_->config);
    settings.watch_crashes = false;
    return Recovery(*pipeline_->graph, layout_, world_, std::move(settings), signal_, turns_)
        .run([&](const ReplayProgress& at) {
          tell(at);
          return WhatNext::proceed;
        });
  }

 private:
  std::filesystem::path folder_;
  MemoryLog log_;
  World world_{log_, [this](const SourceConfig&) -> Log& { return log_; },
               [] { return std::int64_t{1'700'000'000'000}; }};
  std::unique_ptr<Pipeline> pipeline_;
  Layout layout_;
  Signal signal_;
  ProcessTurns turns_;
};

}  // namespace weir::benchmark
