#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>
#include <xxhash.h>

#include "connectors/memory/memory_log.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/runner/recovery.h"
#include "pipeline/runner/runner.h"
#include "pipeline/runner/verifier.h"
#include "pipeline/service/topics.h"
#include "tests/harness/pipelines.h"
#include "tests/harness/replayed.h"
#include "tests/harness/reported.h"
#include "tests/harness/rows.h"
#include "tests/harness/sanitized.h"
#include "tests/temporary_folder.h"

/// A log in memory with a world around it, and a shard that runs on it.
namespace weir::engine_test {

/// What a call of the log by a process that has died throws.
struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

/// A log in memory with the world around it; topics are named as sources and sinks are.
class Cluster {
 public:
  explicit Cluster(MemoryLog::Options options = {}) : log_(std::move(options)) {}

  MemoryLog& log() { return log_; }
  World& world() { return world_; }

  void create_sources(const Graph& graph, std::int32_t partitions) {
    for (const SourceNode& source : graph.sources)
      log_.create_topic(source.config->spec->topic(), partitions);
  }
  void append(std::span<const Row> rows) {
    for (const Row& row : rows)
      log_.append(row.source, row.partition, row.key, row.value, row.timestamp);
  }
  Layout prepare(const Pipeline& pipeline) {
    return prepare_topics(*pipeline.graph, pipeline.config, world_, true);
  }

  struct Output {
    std::string key, value;
  };
  /// All visible records of a partition.
  std::vector<Output> records(const std::string& topic, std::int32_t partition) {
    Signal signal;
    const auto reader = log_.reader(topic);
    const PartitionOffset from{partition, log_.offsets(topic, partition).first};
    reader->start({&from, 1}, signal);
    std::vector<Record> fetched;
    reader->fetch(partition, SIZE_MAX, fetched);
    std::vector<Output> all;
    for (const Record& record : fetched)
      all.push_back({std::string(record.key), std::string(record.value)});
    return all;
  }
  /// The shard's output hash, computed from what is in one partition of its sinks' topics.
  std::uint64_t output_hash(const Graph& graph, std::int32_t partition) {
    std::uint64_t hash = 0;
    for (const SinkNode& sink : graph.sinks) {
      std::uint64_t one = 0;
      for (const Output& record : records(sink.config->spec->topic(), partition))
        one = XXH3_64bits_withSeed(record.value.data(), record.value.size(),
                                   XXH3_64bits_withSeed(record.key.data(), record.key.size(), one));
      hash = XXH3_64bits_withSeed(&one, sizeof one, hash);
    }
    return hash;
  }

 private:
  MemoryLog log_;
  World world_{log_, [this](const SourceConfig&) -> Log& { return log_; },
               [] { return std::int64_t{1'700'000'000'000}; },
               [](const std::string& resolved) { return read_recorded(resolved, vocabulary()); }};
};

/// One runner of a shard, with the signal it waits for. It is there once it has recovered.
class RunningShard {
 public:
  RunningShard(const Pipeline& pipeline, const Layout& layout, World& world,
               RunnerSettings settings)
      : pipeline_(pipeline), layout_(layout), world_(world), settings_(std::move(settings)) {}
  RunningShard(const Pipeline& pipeline, const Layout& layout, World& world,
               const std::filesystem::path& state_dir, std::uint32_t shard = 0)
      : RunningShard(pipeline, layout, world, settings(pipeline, state_dir, shard)) {}

  static RunnerSettings settings(const Pipeline& pipeline, const std::filesystem::path& state_dir,
                                 std::uint32_t shard) {
    RunnerSettings all;
    all.shard = shard;
    all.engine = pipeline.config.engine;
    all.state_dir = state_dir;
    all.resolved = resolved_config(pipeline.config);
    all.owner = {"test", "host", 1};
    all.watch_crashes = false;  // a simulated crash is no crash
    return all;
  }

  Runner& operator*() { return *runner_; }
  Runner* operator->() { return runner_.get(); }
  Signal& signal() { return signal_; }
  void recover(const TellReplay& tell = [](const ReplayProgress&) {}) {
    recover_unless([&](const ReplayProgress& at) { return tell(at), WhatNext::proceed; });
  }
  /// False: `watch` gave up, and there is no runner.
  bool recover_unless(const WatchReplay& watch) {
    runner_ = Recovery(*pipeline_.graph, layout_, world_, settings_, signal_, turns_).run(watch);
    return runner_ != nullptr;
  }
  /// What it warns of and nobody has taken.
  std::vector<std::string> notes() const {
    return texts(runner_->notices().all(), Notice::Level::warning);
  }

  /// Works until `enough`, or until it stopped by itself. Returns whether it is enough.
  bool work_until(const std::function<bool()>& enough) {
    while (!enough()) {
      if (runner_->stopped() != StopReason::none) return false;
      if (runner_->work()) continue;
      const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(
          runner_->next_deadline() - Runner::Clock::now());
      if (!enough() && wait.count() >= 0) signal_.wait_for(wait + std::chrono::milliseconds(1));
    }
    return true;
  }
  /// Works until `count` sequence numbers (records, idle marks and ticks) are used.
  bool work_to(std::uint64_t count) {
    return work_until([&] { return runner_->shard().sequence() >= count; });
  }
  Hashes hashes() { return {runner_->output_hash(), runner_->state_hash()}; }

 private:
  const Pipeline& pipeline_;
  const Layout& layout_;
  World& world_;
  RunnerSettings settings_;
  Signal signal_;
  ProcessTurns turns_;
  std::unique_ptr<Runner> runner_;
};

/// An audit of a shard.
class AuditedShard {
 public:
  AuditedShard(const Pipeline& pipeline, const Layout& layout, World& world,
               const std::filesystem::path& state_dir = {}, std::uint32_t shard = 0,
               bool find_outputs = false)
      : verifier_(*pipeline.graph, layout, world,
                  {shard, pipeline.config.engine, resolved_config(pipeline.config), state_dir,
                   find_outputs},
                  signal_) {}

  Verifier* operator->() { return &verifier_; }
  std::uint64_t verify() {
    return verifier_.verify([](const ReplayProgress&) {});
  }
  std::uint64_t verify_more() {
    return verifier_.verify_more([](const ReplayProgress&) {});
  }
  Hashes hashes() { return {verifier_.output_hash(), verifier_.state_hash()}; }
  std::vector<std::string> notes() const {
    return texts(verifier_.notices().all(), Notice::Level::warning);
  }

 private:
  Signal signal_;
  Verifier verifier_;
};

/// A clean replay of what is recorded of a shard; throws at the first difference.
inline Hashes verified(const Pipeline& pipeline, const Layout& layout, World& world,
                       std::uint32_t shard = 0) {
  AuditedShard again(pipeline, layout, world, {}, shard);
  again.verify();
  return again.hashes();
}

}  // namespace weir::engine_test
