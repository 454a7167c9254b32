#include "pipeline/runner/runner.h"

#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/one_shard.h"
#include "tests/harness/reported.h"

// A shard on the log in memory: owners that follow each other, commits of unknown fate, time.

namespace weir {
namespace {

namespace fs = std::filesystem;
using namespace engine_test;

TEST(Recovery, TheOlderOfTwoOwnersStopsAsFencedAndNothingIsDoubled) {
  OneShard one;
  const auto older = one.shard();
  older->recover();
  older->work_to(100);
  const auto newer = one.shard();
  newer->recover();
  EXPECT_FALSE(older->work_until([&] { return false; }));
  EXPECT_EQ((*older)->stopped(), StopReason::fenced);
  EXPECT_FALSE((*older)->work());
  (*older)->finish();
  newer->work_to(one.rows.size());
  (*newer)->finish();
  EXPECT_EQ((*newer)->stopped(), StopReason::none) << (*newer)->reason();
  EXPECT_EQ(newer->hashes(), replay_files(*one.pipeline, one.rows, {}));
  EXPECT_EQ(one.cluster.output_hash(*one.pipeline->graph, 0), newer->hashes().output);
}

TEST(Recovery, ACommitWhoseAnswerIsLostIsFoundAndNotSentAgain) {
  OneShard one;
  const auto shard = one.shard();
  shard->recover();
  one.trouble.lose_answers = 3;
  shard->work_to(one.rows.size());
  (*shard)->finish();
  EXPECT_EQ(one.trouble.lose_answers, 0) << "all three were lost";
  EXPECT_EQ(figure(**shard, metric::epochs_total, "outcome", "resent"), 0);
  EXPECT_EQ((*shard)->stopped(), StopReason::none) << (*shard)->reason();
  EXPECT_EQ(shard->hashes(), replay_files(*one.pipeline, one.rows, {}));
  EXPECT_EQ(one.cluster.output_hash(*one.pipeline->graph, 0), shard->hashes().output);
}

TEST(Recovery, ACommitWhoseRequestIsLostIsSentAgainWithTheSameBytes) {
  OneShard one;
  const auto shard = one.shard();
  shard->recover();
  one.trouble.lose_requests = 3;
  shard->work_to(one.rows.size());
  (*shard)->finish();
  EXPECT_EQ(one.trouble.lose_requests, 0) << "all three were lost";
  EXPECT_EQ(figure(**shard, metric::epochs_total, "outcome", "resent"), 3);
  EXPECT_EQ((*shard)->stopped(), StopReason::none) << (*shard)->reason();
  EXPECT_EQ(shard->hashes(), replay_files(*one.pipeline, one.rows, {}));
  EXPECT_EQ(one.cluster.output_hash(*one.pipeline->graph, 0), shard->hashes().output);
}

TEST(Recovery, AChangedInputIsFoundByVerifyWithTheEpoch) {
  OneShard one;
  {
    const auto shard = one.shard();
    shard->recover();
    shard->work_to(one.rows.size());
    (*shard)->finish();
  }
  // The same records under another name of topic, but for one of them.
  Cluster changed;
  changed.create_sources(*one.pipeline->graph, 1);
  one.rows[150].key = "other";
  changed.append(one.rows);
  World world{one.cluster.log(), [&](const SourceConfig&) -> Log& { return changed.log(); },
              [] { return std::int64_t{0}; }};
  try {
    verified(*one.pipeline, one.layout, world);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("the input's hash differs"), std::string::npos)
        << error.what();
  }
}

TEST(Recovery, AnInputLostToRetentionStopsTheShardWithTheOffset) {
  OneShard one;
  {
    const auto shard = one.shard();
    shard->recover();
    shard->work_to(100);
    (*shard)->finish();
  }
  one.cluster.log().delete_records("events", 0, 200);
  const auto again = one.shard();
  again->recover();
  EXPECT_FALSE(again->work_until([&] { return false; }));
  EXPECT_EQ((*again)->stopped(), StopReason::lost_input);
  EXPECT_NE((*again)->reason().find("offset 100 of events[0]"), std::string::npos)
      << (*again)->reason();
}

TEST(Recovery, HugeKeysAndRowsGoToTheDeadLettersAndStopNothing) {
  OneShard one({}, 0);
  const std::string huge(600'000, 'k');
  const auto append = [&](const std::string& key, const std::string& card,
                          const std::string& kind) {
    one.cluster.log().append("events", 0, key,
                             R"({"kind":"event","id":"1","ts":1000000,"amount":9999,"card":")" +
                                 card + R"(","country":")" + kind + "\"}",
                             1'000'000);
  };
  append("a", huge, huge);                        // a key and a value of its own on the way out
  append(std::string(990'000, 'x'), "\x01", "");  // not JSON, under a key as large as a record
  append("a", "a", "de");
  const auto shard = one.shard();
  shard->recover();
  EXPECT_TRUE(shard->work_to(3)) << (*shard)->reason();
  (*shard)->finish();
  EXPECT_EQ((*shard)->stopped(), StopReason::none) << (*shard)->reason();
  EXPECT_EQ((*shard)->shard().dead_letters(Reason::json), 1U);
  EXPECT_GT((*shard)->shard().dead_letters(Reason::output_too_large), 0U);
  for (std::size_t i = 0; i < one.pipeline->graph->sinks.size(); ++i)  // those are not written
    EXPECT_EQ((*shard)->shard().output(i).rows(),
              one.cluster.records(one.pipeline->graph->sinks[i].config->spec->topic(), 0).size());
  EXPECT_EQ(one.cluster.records("diamond.dead-letters", 0).size(),
            1U + (*shard)->shard().dead_letters(Reason::output_too_large));
  EXPECT_EQ(verified(*one.pipeline, one.layout, one.cluster.world()), shard->hashes());
}

TEST(Recovery, TellsOnceAtWhichOffsetsItBeginsAndOfManyTheFirst) {
  const auto pipeline = read_pipeline(kDiamond, {{"sources.events.start", "latest"}});
  Cluster cluster;
  cluster.create_sources(*pipeline->graph, 8);
  for (int i = 0; i < 3; ++i) cluster.log().append("events", 1, "k", "not JSON", 1'000'000);
  const Layout layout = cluster.prepare(*pipeline);
  const TemporaryFolder folder;
  RunningShard shard(*pipeline, layout, cluster.world(), folder.path());
  shard.recover();
  EXPECT_EQ(texts(shard->take_notices(), Notice::Level::info),
            std::vector<std::string>{"begins at events[0] 0, events[1] 3, events[2] 0, "
                                     "events[3] 0, events[4] 0, events[5] 0 and 2 more"});
  EXPECT_TRUE(shard->take_notices().empty());
}

TEST(Recovery, AnotherNumberOfShardsIsRefused) {
  OneShard one;
  one.shard()->recover();
  const auto why = [&](const Set& set, std::uint32_t shards) {
    const auto pipeline = small_steps(set);
    Layout layout = one.layout;
    layout.shards = shards;
    RunningShard shard(*pipeline, layout, one.cluster.world(), one.folder.path());
    try {
      shard.recover();
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_TRUE(why({}, 2).starts_with("this pipeline was started with 1 shards"));
  EXPECT_EQ(why({}, 1), "");
}

TEST(Recovery, IdleMarksAndTicksAreReplayedWhereTheyWere) {
  OneShard one({{"sources.events.lateness", "0s"},
                {"sources.events.idle", "1ms"},
                // Longer than rows are out of order: the last of them always waits for a tick.
                {"operators.fraud.labels.wait", "20ms"},
                {"operators.fraud.labels.early", "1ms"},
                {"operators.large_fraud.labels.wait", "20ms"},
                {"operators.large_fraud.labels.early", "1ms"}},
               0);
  const std::vector<Row> rows = random_rows(10, 200, 1, false, 3);
  Hashes hashes;
  for (std::size_t part = 0; part < 5; ++part) {  // each life ends with a crash in a silence
    one.cluster.append(std::span(rows).subspan(part * 40, 40));
    const auto shard = one.shard();
    shard->recover();
    ASSERT_TRUE(shard->work_until([&] {
      return !(*shard)->shard().next_timer() && one.committed_rows() == (part + 1) * 40;
    })) << (*shard)->reason();
    if (part == 4) {
      (*shard)->finish();
      hashes = shard->hashes();
    }
    if (part == 2)
      for (const fs::path& file : list_snapshots(one.snapshots())) fs::remove(file);
  }
  EXPECT_GT(one.ticks(), 0U);  // how many, and how far they go, is the clock's on the wall
  EXPECT_EQ(verified(*one.pipeline, one.layout, one.cluster.world()), hashes);
  EXPECT_EQ(one.cluster.output_hash(*one.pipeline->graph, 0), hashes.output);
}

// A label source that says nothing must not hold the waits of a backlog: idleness counts while
// other lanes have data too.
TEST(Runner, ASilentLaneIsMarkedIdleWhileOthersHaveABacklog) {
  const auto pipeline = read_pipeline(R"(version: 1
pipeline: silent
sources:
  tx: { type: kafka, topic: tx, time: ts, ahead: 900d, fields: { id: text, x: number, ts: time } }
  cb: { type: kafka, topic: cb, time: ts, idle: 1ms, fields: { id: text, y: boolean, ts: time } }
operators:
  m:
    type: model
    input: tx
    features: [x]
    target: y
    labels: { input: cb, match: id, wait: 1s, absent: false, max_waiting: 100000 }
    steps: [standard_scaler, logistic_regression]
sinks:
  p: { type: kafka, input: m, topic: p, fields: [id, score] }
)");
  pipeline->config.engine.run_rows = 256;
  constexpr std::uint64_t kRows = 100'000;
  Cluster cluster;
  cluster.create_sources(*pipeline->graph, 1);
  std::vector<Row> rows;
  for (std::uint64_t i = 0; i < kRows; ++i) {
    const auto ts = static_cast<std::int64_t>(1'600'000'000'000 + i * 10);
    rows.push_back(
        {"tx", 0, "",
         R"({"id":")" + std::to_string(i) + R"(","x":1,"ts":)" + std::to_string(ts) + "}", ts});
  }
  cluster.append(rows);
  const TemporaryFolder folder;
  const Layout layout = cluster.prepare(*pipeline);
  RunningShard shard(*pipeline, layout, cluster.world(), folder.path());
  shard.recover();
  std::uint64_t idle_from = 0;  // the sequence number at which the silent lane was marked
  ASSERT_TRUE(shard.work_until([&] {
    if (idle_from == 0 && shard->shard().clock().is_idle(0)) idle_from = shard->shard().sequence();
    return shard->shard().sequence() >= kRows;
  }));
  EXPECT_GT(idle_from, 0u);
  EXPECT_LT(idle_from, kRows);
  shard->finish();
}

TEST(Runner, TimestampsHaveTheSameRangeAsTimes) {
  const auto pipeline = read_pipeline(R"(version: 1
pipeline: plain
sources:
  rows: { type: kafka, topic: rows, fields: { id: text } }
sinks:
  out: { type: kafka, input: rows, topic: out }
)");
  Cluster cluster;
  cluster.create_sources(*pipeline->graph, 1);
  const std::int64_t begin_of_1900 = -2'208'988'800'000, end_of_2200 = 7'289'654'400'000;
  for (const std::int64_t time :
       {begin_of_1900 - 1, begin_of_1900, end_of_2200 - 1, end_of_2200, std::int64_t{0}})
    cluster.log().append("rows", 0, std::nullopt, R"({"id":")" + std::to_string(time) + R"("})",
                         time);
  const TemporaryFolder folder;
  const Layout layout = cluster.prepare(*pipeline);
  RunningShard shard(*pipeline, layout, cluster.world(), folder.path());
  shard.recover();
  ASSERT_TRUE(shard.work_to(5)) << shard->reason();
  shard->finish();
  EXPECT_EQ(shard->shard().dead_letters(Reason::time), 2U);
  std::vector<std::string> written;
  for (const Cluster::Output& output : cluster.records("out", 0)) written.push_back(output.value);
  EXPECT_EQ(written, (std::vector<std::string>{R"({"id":"-2208988800000"})",
                                               R"({"id":"7289654399999"})", R"({"id":"0"})"}));
}

TEST(Runner, ATimeIsAheadOfATimestampThatThereIsAndNoOther) {
  const auto pipeline = read_pipeline(R"(version: 1
pipeline: plain
sources:
  rows: { type: kafka, topic: rows, time: ts, ahead: 1h, fields: { ts: time } }
sinks:
  out: { type: kafka, input: rows, topic: out }
)");
  Cluster cluster;
  cluster.create_sources(*pipeline->graph, 1);
  constexpr std::int64_t kTime = 1'600'000'000'000, kHour = 3'600'000;
  for (const std::int64_t timestamp : {kTime - kHour - 1, kTime - kHour, std::int64_t{0},
                                       std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()})
    cluster.log().append("rows", 0, std::nullopt, R"({"ts":1600000000000})", timestamp);
  const TemporaryFolder folder;
  const Layout layout = cluster.prepare(*pipeline);
  RunningShard shard(*pipeline, layout, cluster.world(), folder.path());
  shard.recover();
  ASSERT_TRUE(shard.work_to(5)) << shard->reason();
  shard->finish();
  EXPECT_EQ(shard->shard().dead_letters(Reason::time_ahead), 2U);
  EXPECT_EQ(cluster.records("out", 0).size(), 3U);
}

TEST(Runner, ATopicOfCsvHasNoHeaderLine) {
  const auto pipeline = read_pipeline(R"(version: 1
pipeline: cells
sources:
  rows: { type: kafka, topic: rows, format: csv, fields: { id: text, note: text, x: number } }
operators:
  large: { type: filter, input: rows, when: x > 1 }
sinks:
  out: { type: kafka, input: large, topic: out, format: csv, fields: [x, id] }
)");
  Cluster cluster;
  cluster.create_sources(*pipeline->graph, 1);
  const TemporaryFolder folder;
  const Layout layout = cluster.prepare(*pipeline);
  std::uint64_t given = 0;
  for (const auto& life : std::vector<std::vector<std::string>>{
           {"a,,2", "id,note,x", "b,\"x,y\",3.5"}, {"c,,1", "d,z"}, {"\"e,f\",,4"}}) {
    for (const std::string& row : life)
      cluster.log().append("rows", 0, std::nullopt, row, 1'600'000'000'000);
    RunningShard shard(*pipeline, layout, cluster.world(), folder.path());
    shard.recover();
    ASSERT_TRUE(shard.work_to(given += life.size())) << shard->reason();
    shard->finish();
    EXPECT_EQ(verified(*pipeline, layout, cluster.world()), shard.hashes());
  }
  std::vector<std::string> written;
  for (const Cluster::Output& output : cluster.records("out", 0)) written.push_back(output.value);
  EXPECT_EQ(written, (std::vector<std::string>{"2,a", "3.5,b", "4,\"e,f\""}));
}

}  // namespace
}  // namespace weir
