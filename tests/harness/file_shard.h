#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/config/config.h"
#include "pipeline/core/topic_names.h"
#include "pipeline/runner/layout.h"
#include "pipeline/runner/shard_machine.h"
#include "pipeline/runner/world.h"
#include "tests/harness/pipelines.h"
#include "tests/temporary_folder.h"

/// A shard that reads a file, without a log.
namespace weir::engine_test {

/// Stands where a log would be: nobody answers.
class NoLog final : public Log {
 public:
  using Log::offsets;
  using Log::partitions;
  using Log::writer;
  std::optional<std::int32_t> partitions(const std::string&, std::chrono::milliseconds) override {
    fail();
  }
  void create_topic(const std::string&, std::int32_t,
                    const std::map<std::string, std::string>&) override {
    fail();
  }
  TopicSettings settings(const std::string&) override { fail(); }
  OffsetRange offsets(const std::string&, std::int32_t, std::chrono::milliseconds) override {
    fail();
  }
  std::int64_t offset_at(const std::string&, std::int32_t, std::int64_t) override { fail(); }
  void delete_records(const std::string&, std::int32_t, std::int64_t) override { fail(); }
  std::unique_ptr<RecordReader> reader(const std::string&) override { fail(); }
  std::unique_ptr<LogWriter> writer(const std::string&, std::vector<std::string>,
                                    Delivery) override {
    fail();
  }
  std::unique_ptr<Membership> join(const std::string&, const std::string&, const std::string&,
                                   Signal&) override {
    fail();
  }

 private:
  [[noreturn]] static void fail() {
    throw LogFailure(LogFailure::Kind::unreachable, "there is no log");
  }
};

/// Ten minutes of payments, one a second, as a file with as many rows; time passes when a test says
/// so.
class FileShard {
 public:
  static constexpr std::int64_t kFirstMs = 1'600'000'000'000;

  explicit FileShard(int rows = 20, const Set& set = {}) : path_(folder_.path() / "events.ndjson") {
    append(rows);
    pipeline_ = pipeline(set);
    layout_.source_partitions = {1};
    layout_.output_partitions = {1, 1};
    layout_.topics = {"all", dead_letters_topic("payments"), epochs_topic("payments")};
    layout_.retention_ms = {-1};
  }

  /// More rows at the end of the file; a reader that is open does not see them.
  void append(int rows) {
    std::ofstream file(path_, std::ios::app);
    for (; rows > 0; --rows, ++rows_)
      file << R"({"card":"c)" << rows_ % 3 << R"(","amount":)" << rows_ * 7 % 11
           << R"(,"ts":)" << kFirstMs + rows_ * 1000 << "}\n";
  }

  /// The pipeline, with some of it set otherwise.
  std::unique_ptr<Pipeline> pipeline(const Set& set) const {
    return read_pipeline(R"(
version: 1
pipeline: payments
sources:
  events:
    type: file
    path: )" + path_.string() + R"(
    time: ts
    lateness: 2s
    idle: 1s
    fields: { card: text, amount: number, ts: time }
operators:
  spend:
    type: features
    input: events
    key: card
    aggregates: { spent: { sum: amount, over: 1m }, count: { count: true, over: all } }
  drift:
    type: drift
    input: events
    fields: [amount]
    detector: { mean_shift: { reference: 5, window: 3 } }
sinks:
  all: { type: kafka, input: spend, topic: all, key: card, fields: [card, spent, count] }
)",
                         set);
  }

  ShardMachine::Settings settings(const Pipeline& of) const {
    return {.pipeline = {.resolved = resolved_config(of.config)},
            .batch_rows = 4,
            .run_rows = 5,
            .owner = {"test", "host", 1}};
  }
  /// A shard that has not begun.
  std::unique_ptr<ShardMachine> machine() { return machine(*pipeline_); }
  std::unique_ptr<ShardMachine> machine(const Pipeline& of) {
    return std::make_unique<ShardMachine>(*of.graph, layout_, world_, settings(of), signal_);
  }
  /// Where the file begins.
  static Cursor start() { return Cursor({{{"events", 0}, 0}}); }

  World& world() { return world_; }
  Signal& signal() { return signal_; }
  const Layout& layout() const { return layout_; }
  const Pipeline& pipeline() const { return *pipeline_; }
  const TemporaryFolder& folder() const { return folder_; }
  std::chrono::steady_clock::time_point now() const { return time_; }
  void pass(std::chrono::milliseconds time) { time_ += time; }

 private:
  TemporaryFolder folder_;
  std::filesystem::path path_;
  std::int64_t rows_ = 0;
  std::chrono::steady_clock::time_point time_{std::chrono::hours(1)};
  NoLog log_;
  World world_{log_, [this](const SourceConfig&) -> Log& { return log_; },
               [this] {
                 return kFirstMs + std::chrono::duration_cast<std::chrono::milliseconds>(
                                       time_.time_since_epoch())
                                       .count();
               },
               [](const std::string& resolved) { return read_recorded(resolved, vocabulary()); },
               {.due = {},
                .wait =
                    [this](Signal&, std::chrono::milliseconds time) {
                      time_ += time;
                      return false;
                    },
                .now = [this] { return time_; }}};
  std::unique_ptr<Pipeline> pipeline_;
  Layout layout_;
  Signal signal_;
};

/// Takes and processes up to `count` next rows. Returns how many there were.
inline std::size_t read_rows(FileShard& scene, ShardMachine& machine, std::size_t count) {
  machine.input().refill(count, scene.now());
  const auto records = machine.input().take(0, count);
  for (const Record& record : records) machine.shard().add(0, record);
  return records.size();
}

}  // namespace weir::engine_test
