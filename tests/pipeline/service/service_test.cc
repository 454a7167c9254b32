#include "pipeline/service/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <sstream>

#include "tests/harness/running_shard.h"

namespace weir {
namespace {

using namespace engine_test;

constexpr int kRows = kSanitized ? 300 : 2000;
constexpr std::chrono::seconds kPatience{120};  // sanitizers on a busy machine

/// Two shards on two workers over a log in memory that tells of commits.
struct TwoShards {
  explicit TwoShards(const Set& set = {})
      : pipeline(read_pipeline(kDiamond, all(set))), rows(random_rows(20, kRows, 2)) {
    cluster.create_sources(*pipeline->graph, 2);
    layout = cluster.prepare(*pipeline);
  }
  static Set all(Set set) {
    set.insert(set.begin(), {{"engine.shards", "2"},
                             {"engine.workers", "2"},
                             {"engine.epoch", "2ms"},
                             {"engine.run_rows", "20"},
                             {"engine.snapshot_every", "10ms"},
                             {"engine.membership", "fixed"}});
    return set;
  }
  std::unique_ptr<Service> service() {
    auto one = std::make_unique<Service>(pipeline->config, *pipeline->graph, layout,
                                         cluster.world(), folder.path(), Owner{"test", "host", 1},
                                         [this](const Notice& line) {
                                           const std::lock_guard lock(mutex);
                                           told.push_back(line.text);
                                         });
    newest = one.get();
    one->start();
    return one;
  }
  bool all_committed() {
    for (const std::int32_t p : {0, 1})
      if (cluster.log().committed("events", p).value_or(0) !=
          cluster.log().offsets("events", p).end)
        return false;
    return true;
  }
  bool says(const std::string& text) {
    const std::lock_guard lock(mutex);
    return std::ranges::any_of(
        told, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  void wait_for(const Service& running, const std::function<bool()>& what) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!running.ended() && !what()) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("not in time");
      committed.wait_for(std::chrono::milliseconds(100));
    }
  }
  /// How often something was told that begins so.
  std::ptrdiff_t times_told(std::string_view begin) {
    const std::lock_guard lock(mutex);
    return std::ranges::count_if(told, [&](const auto& line) { return line.starts_with(begin); });
  }

  TemporaryFolder folder;
  Signal committed;
  std::atomic<bool> lost = false;
  const Service* newest = nullptr;
  std::function<void(const MemoryLog::Call&)> watch;  // in the thread of a worker
  Cluster cluster{{.hook = [this](const MemoryLog::Call& call) {
    if (watch) watch(call);
    if (call.kind == MemoryLog::Call::Kind::commit) {
      if (call.after) committed.notify();
      if (lost) throw LogFailure(LogFailure::Kind::refused, "no disk is left");
    }
    return MemoryLog::Fault::none;
  }}};
  std::unique_ptr<Pipeline> pipeline;
  std::vector<Row> rows;
  Layout layout;
  std::mutex mutex;
  std::vector<std::string> told;
};

std::string id_of(const std::string& value) {
  const std::size_t begin = value.find("\"id\":\"") + 6;
  return value.substr(begin, value.find('"', begin) - begin);
}

TEST(Service, TwoWorkersProcessEverythingOnceOverSeveralStarts) {
  TwoShards two(Set{{"sinks.all.input", "fraud"}});
  std::vector<ShardEnd> ends;
  for (std::size_t part = 0; part < 3; ++part) {
    const auto running = two.service();
    const std::size_t size = two.rows.size() / 3;
    // Records arrive while it runs; figures are read while it works.
    for (std::size_t i = 0; i < size; i += 10) {
      two.cluster.append(
          std::span(two.rows).subspan(part * size + i, std::min<std::size_t>(10, size - i)));
      running->samples();
      EXPECT_TRUE(running->alive());
    }
    two.wait_for(*running, [&] { return two.all_committed(); });
    EXPECT_TRUE(running->ready());
    running->ask_to_stop();
    running->join();
    ASSERT_EQ(running->why(), StopReason::none) << running->reason();
    EXPECT_TRUE(running->ended());
    EXPECT_TRUE(running->all_ended());
    ends = running->ends();
  }
  ASSERT_EQ(ends.size(), 2U);
  for (const ShardEnd& end : ends) {
    const Hashes again = verified(*two.pipeline, two.layout, two.cluster.world(), end.shard);
    EXPECT_EQ(again.state, end.state_hash);
    EXPECT_EQ(again.output, end.output_hash);
  }
  std::multiset<std::string> events, scored;
  for (const Row& row : std::span(two.rows).first(two.rows.size() / 3 * 3))
    if (row.value.find("\"event\"") != std::string::npos) events.insert(id_of(row.value));
  for (const std::int32_t p : {0, 1})
    for (const auto& record : two.cluster.records("all", p)) scored.insert(id_of(record.value));
  EXPECT_EQ(scored, events);
  for (const char* shard : {"0", "1"}) {
    const std::string begin = fmt::format("shard {0}: begins at events[{0}] 0", shard);
    EXPECT_EQ(two.times_told(begin), 1) << testing::PrintToString(two.told);
    EXPECT_EQ(two.times_told(fmt::format("shard {}: uses the snapshot of epoch ", shard)), 2)
        << testing::PrintToString(two.told);
  }
}

TEST(Service, AReplacedServiceStopsAsFenced) {
  TwoShards two;
  two.cluster.append(std::span(two.rows).first(100));
  const auto older = two.service();
  two.wait_for(*older, [&] { return two.all_committed(); });
  const TemporaryFolder other;
  Service newer(two.pipeline->config, *two.pipeline->graph, two.layout, two.cluster.world(),
                other.path(), {"newer", "host", 2}, [](const Notice&) {});
  newer.start();
  two.wait_for(newer, [&] { return newer.ready(); });
  two.cluster.append(std::span(two.rows).subspan(100));
  two.wait_for(*older, [] { return false; });  // until it has ended
  older->join();
  EXPECT_EQ(older->why(), StopReason::fenced);
  two.wait_for(newer, [&] { return two.all_committed(); });
  newer.ask_to_stop();
  newer.join();
  EXPECT_EQ(newer.why(), StopReason::none) << newer.reason();
  for (const ShardEnd& end : newer.ends())
    EXPECT_EQ(verified(*two.pipeline, two.layout, two.cluster.world(), end.shard).output,
              end.output_hash);
}

TEST(Service, AShardWhoseInputIsGoneStopsAndTheOthersContinue) {
  TwoShards two(Set{{"engine.snapshot_every", "1h"}});
  const std::size_t half = two.rows.size() / 2;
  two.cluster.append(std::span(two.rows).first(half));
  const auto running = two.service();
  two.wait_for(*running, [&] { return two.all_committed(); });
  two.lost = true;  // both die with epochs to replay
  two.cluster.append(std::span(two.rows).subspan(half, half / 2));
  two.wait_for(*running, [] { return false; });  // until it has ended
  running->join();
  two.lost = false;
  // One that had nothing open when the other died may have ended well, with a snapshot.
  std::filesystem::remove_all(two.folder.path() / "shard-0");
  two.cluster.log().delete_records("events", 0, two.cluster.log().offsets("events", 0).end);
  const auto again = two.service();
  two.cluster.append(std::span(two.rows).subspan(half + half / 2));
  two.wait_for(*again, [&] {
    return two.says("this shard has stopped, the others continue") &&
           two.cluster.log().committed("events", 1) == two.cluster.log().offsets("events", 1).end;
  });
  EXPECT_FALSE(again->ended());
  EXPECT_FALSE(again->ready());
  again->ask_to_stop();
  again->join();
  EXPECT_EQ(again->why(), StopReason::lost_input);
  EXPECT_TRUE(again->reason().starts_with(
      "shard 0: input was deleted before weir had finished with it: offset 0 of events[0]"))
      << again->reason();
  ASSERT_EQ(again->ends().size(), 1U);
  EXPECT_EQ(again->ends()[0].shard, 1U);
  EXPECT_EQ(verified(*two.pipeline, two.layout, two.cluster.world(), 1),
            (Hashes{again->ends()[0].output_hash, again->ends()[0].state_hash}));
}

TEST(Service, EndsWithTheReasonWhenTheLogRefuses) {
  TwoShards two;
  const auto running = two.service();
  two.wait_for(*running, [&] { return running->ready(); });
  two.lost = true;
  two.cluster.append(two.rows);
  two.wait_for(*running, [] { return false; });  // until it has ended
  running->join();
  EXPECT_EQ(running->why(), StopReason::failed);
  EXPECT_NE(running->reason().find("no disk is left"), std::string::npos) << running->reason();
}

TEST(Service, ReportsEveryMetricOfTheTableWithItsLabels) {
  TwoShards two;
  two.cluster.append(two.rows);
  const auto running = two.service();
  two.wait_for(*running, [&] { return running->ready() && two.all_committed(); });
  MetricSamples samples = running->samples();
  running->ask_to_stop();
  running->join();
  samples.append(running->samples());
  std::set<std::string_view> seen = {metric::build_info.name, metric::ready.name,  // the process's
                                     metric::replay_headroom_seconds.name,  // with a retention
                                     metric::headers_dropped_total.name};   // with `headers: pass`
  for (const MetricSamples::Sample& sample : samples.all()) {
    std::set<std::string> labels, declared = {"pipeline"};
    for (const auto& [name, value] : sample.labels) labels.insert(name);
    std::istringstream table{std::string(sample.metric->labels)};
    for (std::string name; std::getline(table, name, ',');) declared.insert(name);
    EXPECT_EQ(labels, declared) << sample.metric->name;
    seen.insert(sample.metric->name);
  }
  for (const MetricName& name : metric_names())
    EXPECT_TRUE(seen.contains(name.name)) << name.name << " is never reported";
}

TEST(Service, AShardReportsWhileTheNextRecovers) {
  TwoShards two(Set{{"engine.workers", "1"}});
  two.cluster.append(two.rows);
  std::set<std::string> counted;  // when the last writer was asked for: of which shards
  two.watch = [&](const MemoryLog::Call& call) {
    if (call.kind != MemoryLog::Call::Kind::writer || call.after) return;
    counted.clear();
    const MetricSamples samples = two.newest->samples();
    for (const MetricSamples::Sample& sample : samples.all())
      if (sample.metric->name == metric::source_rows_total.name)
        counted.emplace(sample.label("shard"));
  };
  const auto running = two.service();
  two.wait_for(*running, [&] { return two.all_committed(); });
  running->ask_to_stop();
  running->join();
  EXPECT_EQ(counted, std::set<std::string>{"0"});
}

TEST(Service, RunsOnlyTheShardsItIsGiven) {
  TwoShards two(Set{{"engine.run_shards", "[1]"}});
  two.cluster.append(two.rows);
  const auto running = two.service();
  two.wait_for(*running, [&] {
    return two.cluster.log().committed("events", 1) == two.cluster.log().offsets("events", 1).end;
  });
  running->ask_to_stop();
  running->join();
  ASSERT_EQ(running->ends().size(), 1U);
  EXPECT_EQ(running->ends()[0].shard, 1U);
  EXPECT_EQ(two.cluster.log().committed("events", 0), std::nullopt);
}

}  // namespace
}  // namespace weir
