#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>

#include "pipeline/core/hash_text.h"
#include "pipeline/service/service.h"
#include "tests/harness/running_shard.h"

// What comes out is a function of the recorded order of records and ticks, and of nothing else.

namespace weir {
namespace {

using namespace engine_test;

constexpr int kRows = kSanitized ? 300 : 1500;
constexpr std::size_t kBatches[] = {1, 7, 4096};

std::unique_ptr<Pipeline> diamond(std::size_t batch_rows, const Set& set = {}) {
  auto pipeline = read_pipeline(kDiamond, set);
  pipeline->config.engine.batch_rows = batch_rows;
  pipeline->config.engine.epoch.ms = 1;
  return pipeline;
}

/// All rows through a runner on the log in memory, in runs of `run_rows`; with `reads`, everything
/// that may be read is read after every run.
Hashes run_on_log(const Pipeline& pipeline, std::span<const Row> rows, bool reads) {
  const TemporaryFolder folder;
  Cluster cluster;
  cluster.create_sources(*pipeline.graph, 1);
  cluster.append(rows);
  const Layout layout = cluster.prepare(pipeline);
  RunningShard shard(pipeline, layout, cluster.world(), folder.path());
  shard.recover();
  const bool all = shard.work_until([&] {
    if (reads) {
      MetricSamples ignored;
      shard->report(ignored);
    }
    return shard->shard().sequence() >= rows.size();
  });
  EXPECT_TRUE(all) << shard->reason();
  shard->finish();
  EXPECT_EQ(shard->stopped(), StopReason::none) << shard->reason();
  EXPECT_EQ(cluster.output_hash(*pipeline.graph, 0), shard->output_hash());
  return shard.hashes();
}

/// The same bits from files and from the log, whatever the steps, runs and reads.
void expect_one_result(std::span<const Row> rows) {
  const auto usual = diamond(4096);
  const Hashes expected = replay_files(*usual, rows, {.batch_rows = 4096});
  for (const std::size_t batch_rows : kBatches) {
    SCOPED_TRACE("batch_rows " + std::to_string(batch_rows));
    const auto pipeline = diamond(batch_rows);
    for (const bool reads : {false, true}) {
      EXPECT_EQ(
          replay_files(*pipeline, rows, {.batch_rows = batch_rows, .read_between_steps = reads}),
          expected);
      pipeline->config.engine.run_rows = reads ? 11 : 4096;
      EXPECT_EQ(run_on_log(*pipeline, rows, reads), expected);
    }
  }
}

TEST(OrderLaw, ADiamondGivesTheSameBitsFromFilesAndFromTheLogInStepsOfAnySize) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    expect_one_result(random_rows(seed, kRows));
  }
}

TEST(OrderLaw, ATimestampFarInTheFutureGivesTheSameBits) {
  expect_one_result(random_rows(4, kRows, 1, true));
}

TEST(OrderLaw, OtherRowsGiveOtherBits) {
  const auto pipeline = diamond(4096);
  std::vector<Row> rows = random_rows(5, 400);
  const Hashes one = replay_files(*pipeline, rows, {});
  const auto event = std::ranges::find_if(rows.begin() + 200, rows.end(), [](const Row& row) {
    return row.value.find("\"amount\":1") != std::string::npos;
  });
  event->value.replace(event->value.find("\"amount\":1") + 9, 1, "2");
  const Hashes other = replay_files(*pipeline, rows, {});
  EXPECT_NE(one.output, other.output);
  EXPECT_NE(one.state, other.state);
}

TEST(OrderLaw, ATimerBehindAFilterFiresByRecordsThatTheFilterHoldsBack) {
  const std::vector<Row> rows = {
      {"events", 0, "a", R"({"kind":"event","id":"1","card":"a","amount":1,"ts":1000000})",
       1000000},
      {"events", 0, "a", R"({"kind":"other","id":"2","card":"a","ts":1024999})", 1024999},
      {"events", 0, "a", R"({"kind":"other","id":"2","card":"a","ts":1025000})",
       1025000},  // 5 s lateness
      {"events", 0, "a", R"({"kind":"other","id":"2","card":"a","ts":1025001})", 1025001},
  };
  const Set kAtOnce = {{"sources.events.confirm", "1"}};  // the clock begins with the first row
  for (const std::size_t batch_rows : kBatches) {
    const auto pipeline = diamond(batch_rows, kAtOnce);
    for (const std::size_t sent : {2, 3}) {
      Cluster cluster;
      cluster.create_sources(*pipeline->graph, 1);
      cluster.append(std::span(rows).first(sent));
      const Layout layout = cluster.prepare(*pipeline);
      const TemporaryFolder folder;
      RunningShard shard(*pipeline, layout, cluster.world(), folder.path());
      shard.recover();
      shard.work_to(sent);
      shard->finish();
      const auto outcomes = cluster.records("outcomes", 0);
      ASSERT_EQ(outcomes.size(), sent == 3 ? 1U : 0U) << "batch_rows " << batch_rows;
      if (outcomes.empty()) continue;
      EXPECT_TRUE(outcomes[0].value.starts_with(R"({"id":"1","card":"a","label":true,)"))
          << outcomes[0].value;
    }
    const Hashes hashes = replay_files(*pipeline, rows, {.batch_rows = batch_rows});
    EXPECT_EQ(hashes, replay_files(*diamond(4096, kAtOnce), rows, {}));
  }
}

/// Waits of milliseconds, so that time may pass by itself in a test.
const Set kShortWaits = {{"sources.events.lateness", "0s"},
                         {"sources.events.idle", "1ms"},
                         {"operators.fraud.labels.wait", "3ms"},
                         {"operators.fraud.labels.early", "2ms"},
                         {"operators.large_fraud.labels.early", "4ms"},
                         {"operators.large_fraud.labels.wait", "5ms"}};

TEST(OrderLaw, ABackfillWithTicksAndAnIdlePartitionIsReplayedBitForBit) {
  const TemporaryFolder folder;
  const auto pipeline = diamond(64, kShortWaits);
  pipeline->config.engine.run_rows = 50;
  Cluster cluster;
  cluster.create_sources(*pipeline->graph, 3);
  const Layout layout = cluster.prepare(*pipeline);
  RunningShard shard(*pipeline, layout, cluster.world(), folder.path());
  shard.recover();
  std::vector<Row> rows = random_rows(6, kRows, 1, false, 4);
  for (Row& row : rows) row.partition = row.key < "c5" ? 0 : 2;  // none in partition 1
  // Four heaps with silence between them, in which a tick ends every wait.
  for (std::size_t part = 0; part < 4; ++part) {
    cluster.append(std::span(rows).subspan(part * rows.size() / 4, rows.size() / 4));
    ASSERT_TRUE(shard.work_until([&] {
      const auto committed = [&](std::int32_t p) {
        return cluster.log().committed("events", p).value_or(0) ==
               cluster.log().offsets("events", p).end;
      };
      return committed(0) && committed(2) && shard->shard().clock().all_idle() &&
             !shard->shard().next_timer();
    })) << shard->reason();
  }
  shard->finish();
  const Hashes live = shard.hashes();
  EXPECT_EQ(cluster.output_hash(*pipeline->graph, 0) != 0, true);

  std::size_t ticks = 0, idle_marks = 0, idle_one = 0;
  for (const EpochRecord& record : read_epochs(cluster.log(), "diamond", 0, 0))
    for (const Mark& mark : record.marks) {
      ++(mark.kind == Mark::Kind::tick ? ticks : idle_marks);
      idle_one += mark.kind == Mark::Kind::idle && mark.partition == 1;
    }
  EXPECT_GE(ticks, 4U);
  EXPECT_GE(idle_marks, 9U);
  EXPECT_EQ(idle_one, 1U) << "a partition that stays silent is marked once";
  EXPECT_LT(shard->shard().clock().watermark(), 1'700'000'000'000) << "a tick never jumps to now";
  for (const std::size_t batch_rows : kBatches) {
    SCOPED_TRACE("batch_rows " + std::to_string(batch_rows));
    const auto again = diamond(batch_rows, kShortWaits);
    again->config.engine.run_rows = batch_rows;
    EXPECT_EQ(verified(*again, layout, cluster.world()), live);
  }
}

/// Both shards through a service; their ends in the order of shards.
std::vector<Hashes> run_service(std::size_t batch_rows, std::size_t workers,
                                std::span<const Row> rows) {
  const TemporaryFolder folder;
  auto pipeline = read_pipeline(kDiamond, {{"engine.shards", "2"}});
  EngineConfig& engine = pipeline->config.engine;
  engine.batch_rows = batch_rows;
  engine.workers = workers;
  engine.membership = ShardAssignment::fixed;
  engine.epoch.ms = 5;
  Signal committed;
  Cluster cluster({.hook = [&](const MemoryLog::Call& call) {
    if (call.kind == MemoryLog::Call::Kind::commit && call.after) committed.notify();
    return MemoryLog::Fault::none;
  }});
  cluster.create_sources(*pipeline->graph, 2);
  cluster.append(rows);
  const Layout layout = cluster.prepare(*pipeline);
  Service service(pipeline->config, *pipeline->graph, layout, cluster.world(), folder.path(),
                  {"test", "host", 1}, [](const Notice&) {});
  service.start();
  const auto done = [&](std::int32_t partition) {
    return cluster.log().committed("events", partition) ==
           cluster.log().offsets("events", partition).end;
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (!service.ended() && !(done(0) && done(1))) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("not in time");
    committed.wait_for(std::chrono::seconds(1));
  }
  service.ask_to_stop();
  service.join();
  EXPECT_EQ(service.why(), StopReason::none) << service.reason();
  std::vector<Hashes> ends(2);
  for (const ShardEnd& end : service.ends()) {
    ends.at(end.shard) = {end.output_hash, end.state_hash};
    EXPECT_EQ(verified(*pipeline, layout, cluster.world(), end.shard), ends[end.shard]);
  }
  return ends;
}

TEST(OrderLaw, TwoShardsOnOneWorkerOrOnTwoGiveTheSameBits) {
  const std::vector<Row> rows = random_rows(7, kRows, 2);
  const std::vector<Hashes> expected = run_service(4096, 1, rows);
  ASSERT_NE(expected[0].state, expected[1].state);
  for (const std::size_t batch_rows : kBatches)
    EXPECT_EQ(run_service(batch_rows, 2, rows), expected) << "batch_rows " << batch_rows;
}

/// What `print_bits` prints in the environment given.
std::string bits_of_child(const std::string& environment) {
  const std::string command = environment + " '" WEIR_PRINT_BITS "' 2>&1";
  std::FILE* out = ::popen(command.c_str(), "r");
  if (out == nullptr) return {};
  std::string bits;
  char line[512];
  while (std::fgets(line, sizeof line, out) != nullptr)
    if (std::string_view(line).starts_with("bits ")) bits = line;
  EXPECT_EQ(::pclose(out), 0);
  return bits;
}

TEST(OrderLaw, AProcessorWithoutFusedMultiplyAddAndAvx2GivesTheSameBits) {
  const std::string usual = bits_of_child("");
  ASSERT_EQ(usual.size(), std::string("bits ").size() + 2 * 16 + 2);
  EXPECT_EQ(bits_of_child("GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"), usual);
}

}  // namespace
}  // namespace weir
