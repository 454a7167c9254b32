#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <xxhash.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/file/file_reader.h"
#include "connectors/memory/memory_log.h"
#include "connectors/registry.h"
#include "operators/registry.h"
#include "pipeline/config/config.h"
#include "pipeline/core/hash_text.h"
#include "pipeline/epochs/epoch_log.h"
#include "pipeline/graph/graph.h"
#include "pipeline/graph/pipeline.h"
#include "pipeline/runner/runner.h"
#include "pipeline/service/service.h"
#include "pipeline/shard/replay.h"
#include "tests/temporary_folder.h"

/// What the tests of the engine share: real pipelines from text, a log in memory with a world
/// around it, seeded input.
namespace weir::engine_test {

#ifdef WEIR_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

using Set = std::vector<std::pair<std::string, std::string>>;

inline Vocabulary vocabulary() {
  return {source_types(), operator_types(), sink_types(), format_types(), nullptr};
}

/// The pipeline of a text; throws what is wrong with it.
inline std::unique_ptr<Pipeline> read_pipeline(const std::string& yaml, const Set& set = {}) {
  const ConfigInput input{.file = "test.yaml", .text = yaml, .set = set, .environment = {}};
  Problems problems(input.file, input.text);
  auto pipeline = weir::read_pipeline(input, vocabulary(), problems);
  if (!pipeline->graph) throw std::runtime_error(problems.render());
  return pipeline;
}

/// Everything that is said about a text.
inline std::string said_about(const std::string& yaml, const Set& set = {}) {
  const ConfigInput input{.file = "test.yaml", .text = yaml, .set = set, .environment = {}};
  Problems problems(input.file, input.text);
  const Config config = read_config(input, vocabulary(), problems);
  bind_graph(config, problems);
  return problems.render();
}

inline std::unique_ptr<FormatSpec> format_named(std::string_view name) {
  for (const FormatType& type : format_types())
    if (type.name == name) return type.make();
  return nullptr;
}

/// What a call of the log by a process that has died throws.
struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

/// One record of an input.
struct Row {
  std::string source;
  std::int32_t partition = 0;
  std::string key;
  std::string value;
  std::int64_t timestamp = 0;
};

/// What comes out and what is kept.
struct Hashes {
  std::uint64_t output = 0;
  std::uint64_t state = 0;
  bool operator==(const Hashes&) const = default;
};
inline void PrintTo(const Hashes& hashes, std::ostream* out) {
  *out << "output " << hex16(hashes.output) << " state " << hex16(hashes.state);
}

/// The pipeline over a file of each source's rows.
inline Hashes replay_files(const Pipeline& pipeline, std::span<const Row> rows,
                           Replay::Settings settings) {
  const TemporaryFolder folder;
  std::vector<Replay::Input> inputs;
  for (const SourceNode& source : pipeline.graph->sources) {
    const std::string path = (folder.path() / (source.name + ".ndjson")).string();
    std::ofstream file(path);
    for (const Row& row : rows)
      if (row.source == source.name) file << row.value << '\n';
    file.close();
    inputs.push_back({std::make_unique<FileReader>(path, "json"), format_named("json"), path});
  }
  std::vector<std::unique_ptr<FileWriter>> outputs(pipeline.graph->sinks.size());
  Replay replay(*pipeline.graph, std::move(inputs), std::move(outputs), settings);
  replay.run([](const Replay::Progress&) {});
  return {replay.shard().output_hash(), replay.shard().state_hash()};
}

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

/// One runner of a shard, with the signal it waits for.
class RunningShard {
 public:
  RunningShard(const Pipeline& pipeline, const Layout& layout, World& world,
               const std::filesystem::path& state_dir, std::uint32_t shard = 0)
      : runner_(*pipeline.graph, layout, world, settings(pipeline, state_dir, shard), signal_) {}

  static Runner::Settings settings(const Pipeline& pipeline, const std::filesystem::path& state_dir,
                                   std::uint32_t shard) {
    Runner::Settings all;
    all.shard = shard;
    all.engine = pipeline.config.engine;
    all.state_dir = state_dir;
    all.resolved = resolved_config(pipeline.config);
    all.owner = {"test", "host", 1};
    all.watch_deaths = false;  // a simulated death is no death
    return all;
  }

  Runner& operator*() { return runner_; }
  Runner* operator->() { return &runner_; }
  void recover() {
    runner_.recover([](const Runner::Progress&) {});
  }
  std::uint64_t verify() {
    return runner_.verify([](const Runner::Progress&) {});
  }

  /// Works until `enough`, or until it stopped by itself. Returns whether it is enough.
  bool work_until(const std::function<bool()>& enough) {
    while (!enough()) {
      if (runner_.stopped() != Stopped::no) return false;
      if (runner_.work()) continue;
      const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(
          runner_.next_deadline() - Runner::Clock::now());
      if (!enough() && wait.count() >= 0) signal_.wait_for(wait + std::chrono::milliseconds(1));
    }
    return true;
  }
  /// Works until `count` sequence numbers (records, idle marks and ticks) are used.
  bool work_to(std::uint64_t count) {
    return work_until([&] { return runner_.shard().sequence() >= count; });
  }
  Hashes hashes() { return {runner_.output_hash(), runner_.state_hash()}; }

 private:
  Signal signal_;
  Runner runner_;
};

/// A clean replay of what is recorded of a shard; throws at the first difference.
inline Hashes verified(const Pipeline& pipeline, const Layout& layout, World& world,
                       std::uint32_t shard = 0) {
  RunningShard shard_again(pipeline, layout, world, {}, shard);
  shard_again.verify();
  return shard_again.hashes();
}

/// Card transactions and, in the same stream, what became of them: `kind` is event or label. Some
/// come late, some have missing values, some are not records at all.
inline std::vector<Row> random_rows(std::uint64_t seed, int count, std::int32_t partitions = 1,
                                    bool far_future = false, std::uint64_t gap_ms = 3000) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  static constexpr const char* kCountries[] = {"de", "fr", "it", "pl"};
  std::vector<Row> rows;
  std::int64_t now = 1'600'000'000'000;
  for (int i = 0; i < count; ++i) {
    now += static_cast<std::int64_t>(below(gap_ms));
    const std::int64_t time = now - (below(10) == 0 ? static_cast<std::int64_t>(below(60'000)) : 0);
    const bool label = i > 20 && below(3) == 0;
    const std::string id = std::to_string(label ? static_cast<std::uint64_t>(i) - below(20)
                                                : static_cast<std::uint64_t>(i));
    const std::string card = "c" + std::to_string(below(9));
    std::string value = "{\"kind\":\"" + std::string(label ? "label" : "event") + "\",\"id\":\"" +
                        id + "\",\"card\":\"" + card + "\",\"ts\":" + std::to_string(time);
    if (label) {
      value += std::string(",\"good\":") + (below(2) == 0 ? "true" : "false");
    } else {
      if (below(20) != 0) value += ",\"amount\":" + std::to_string(below(20'000)) + ".25";
      if (below(20) != 0) value += std::string(",\"country\":\"") + kCountries[below(4)] + "\"";
    }
    value += "}";
    std::int64_t timestamp = time;
    if (below(50) == 0) value = below(2) == 0 ? "{\"kind\":" : "{\"kind\":3,\"ts\":\"noon\"}";
    if (far_future && i == count / 2) {
      timestamp = 6'000'000'000'000;  // the year 2160
      value = R"({"kind":"event","id":"far","card":"c1","amount":3,"ts":6000000000000})";
    }
    const auto partition = partition_of_key(card, partitions);
    rows.push_back({"events", partition, card, value, timestamp});
  }
  return rows;
}

inline constexpr std::string_view kEvents = R"(
sources:
  events:
    type: kafka
    topic: events
    format: json
    key: card
    time: ts
    lateness: 5s
    idle: 1h
    ahead: 1h
    fields: { kind: text, id: text, card: text, amount: number, country: text, good: boolean, ts: time }
)";

/// One source goes two ways and comes together again; a filter stands before timers: rows wait for
/// labels, and time comes to them from records that they never see.
inline const std::string kDiamond = "version: 1\npipeline: diamond\n" + std::string(kEvents) + R"(
operators:
  bought: { type: filter, input: events, when: kind == "event" }
  labels: { type: filter, input: events, when: kind == "label" }
  spend:
    type: features
    input: bought
    key: card
    aggregates:
      spent: { mean: amount, over: 10m }
      spread: { std: amount }
      count: { count: true, over: 1m }
      abroad: { count: country != "de", over: 30m }
      previous: { lag: amount, by: 2 }
    values:
      ratio: amount / spent
      change: log1p(abs(amount - previous))
  large: { type: filter, input: spend, when: amount > 9000 }
  large_spend:
    type: features
    input: large
    key: [card, kind]
    aggregates:
      large_1h: { count: true, over: 1h }
      largest: { max: amount }
    values: { share: spent / largest }
  fraud:
    type: model
    input: spend
    features: [amount, ratio, change, count, abroad, country]
    target: good
    labels: { input: labels, match: id, wait: 20s, absent: true, early: 2s }
    steps:
      - impute: mean
      - one_hot: { max: 8 }
      - standard_scaler
      - logistic_regression: { learning_rate: { initial: 0.05, decay: 1e-4 } }
    fallback: 0.5
  large_fraud:
    type: model
    input: large_spend
    features: [amount, large_1h, largest, share]
    target: good
    labels: { input: labels, match: id, wait: 1m, rows: last, late: learn }
    steps: [ impute: mean, standard_scaler, logistic_regression ]
  quality: { type: evaluate, input: fraud.outcomes, metrics: [accuracy, log_loss, roc_auc], window: 100 }
  drift:
    type: drift
    input: spend
    fields: [amount, count]
    detector: { ks_test: { reference: 60, window: 30, alpha: 0.05 } }
  loss_drift: { type: drift, input: fraud.outcomes, fields: [loss], detector: { mean_shift: { reference: 50, window: 20, drift_t: 3, warning_t: 2 } } }
sinks:
  all: { type: kafka, input: [fraud, large_fraud], topic: all, key: card, fields: [id, card, score, prediction, updates] }
  features: { type: kafka, input: large_spend, topic: features, key: card }
  outcomes: { type: kafka, input: [large_fraud.outcomes, fraud.outcomes], topic: outcomes, key: card, fields: [id, card, label, label_delay, loss] }
  alerts: { type: kafka, input: [drift, loss_drift], topic: alerts }
  quality: { type: kafka, input: quality, topic: quality }
)";

}  // namespace weir::engine_test
