#include "pipeline/runner/runner.h"

#include <atomic>

#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/running_shard.h"

// Recovery on the log in memory: processes that die at any call of the log, and what is there
// afterwards.

namespace weir {
namespace {

namespace fs = std::filesystem;
using namespace engine_test;
using Call = MemoryLog::Call;
using Fault = MemoryLog::Fault;

/// Kills the process after a number of calls of the log: from then on none takes place. Loses
/// requests and answers of commits, and keeps it from answering, as told.
struct Trouble {
  std::atomic<std::int64_t> calls_left{std::numeric_limits<std::int64_t>::max()};
  std::atomic<int> lose_requests{0}, lose_answers{0};

  Fault operator()(const Call& call) {
    if (--calls_left < 0) throw Killed();
    if (call.kind != Call::Kind::commit || call.after) return Fault::none;
    if (lose_answers > 0 && lose_answers-- > 0) return Fault::answer_lost;
    if (lose_requests > 0 && lose_requests-- > 0) return Fault::request_lost;
    return Fault::none;
  }
  void survive() { calls_left = std::numeric_limits<std::int64_t>::max(); }
};

std::unique_ptr<Pipeline> small_steps(const Set& set = {}) {
  auto pipeline = read_pipeline(kDiamond, set);
  EngineConfig& engine = pipeline->config.engine;
  engine.batch_rows = 16;
  engine.run_rows = 10;
  engine.epoch.ms = 0;  // every run is an epoch, if the one before is committed
  engine.snapshot_every.ms = 1;
  return pipeline;
}

/// Leaves the newest snapshot whole, damages it, cuts it short, or takes some or all away: what a
/// disk may look like after a crash.
void disturb(const fs::path& folder, std::mt19937_64& random) {
  const auto files = list_snapshots(folder);
  if (files.empty()) return;
  const auto size = fs::file_size(files[0]);
  switch (random() % 6) {
    case 0: {
      std::fstream file(files[0], std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(static_cast<std::streamoff>(random() % size));
      file.put(static_cast<char>(random()));
      break;
    }
    case 1:
      fs::resize_file(files[0], random() % size);
      break;
    case 2:
      fs::remove(files[0]);
      break;
    case 3:
      for (const fs::path& file : files) fs::remove(file);
      break;
    default:
      break;
  }
}

struct Crashes {
  int crashes = 0, in_recovery = 0, ended = 0;
};

/// Lets shard after shard die at random points while records arrive, until all are processed; then
/// checks that the outputs are there once and are those of a clean replay.
void crash_until_done(std::uint64_t seed, Crashes& count) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const TemporaryFolder folder;
  const auto pipeline = small_steps();
  Trouble trouble;
  Cluster cluster({.hook = [&](const Call& call) { return trouble(call); }});
  cluster.create_sources(*pipeline->graph, 1);
  const Layout layout = cluster.prepare(*pipeline);
  const std::vector<Row> rows = random_rows(seed, 400);
  std::size_t sent = 0;
  for (int life = 0;; ++life) {
    const std::size_t more = std::min<std::size_t>(rows.size() - sent, random() % 60);
    cluster.append(std::span(rows).subspan(sent, more));
    sent += more;
    const bool last = sent == rows.size() && life > 12;
    trouble.lose_answers = static_cast<int>(random() % 3 == 0);
    trouble.lose_requests = static_cast<int>(random() % 3 == 0);
    if (!last) trouble.calls_left = static_cast<std::int64_t>(random() % 160);
    try {
      RunningShard shard(*pipeline, layout, cluster.world(), folder.path());
      shard.recover();
      const bool alive = shard.work_to(sent);
      ASSERT_TRUE(alive || !last) << shard->reason();
      // Now and then a crash comes without a call to the log, or in the end not at all.
      if (alive && (last || random() % 3 == 0)) shard->finish();
      if (last) {
        ASSERT_EQ(shard->stopped(), Stopped::no) << shard->reason();
        const Hashes live = shard.hashes();
        EXPECT_EQ(cluster.output_hash(*pipeline->graph, 0), live.output);
        EXPECT_EQ(verified(*pipeline, layout, cluster.world()), live);
        EXPECT_EQ(replay_files(*pipeline, rows, {}), live);
        ++count.ended;
        return;
      }
      ++count.crashes;
    } catch (const Killed&) {
      ++count.crashes;
      ++count.in_recovery;
    } catch (const LogFailure& failure) {  // epoch 0's commit was killed
      ASSERT_STREQ(failure.what(), "killed");
      ++count.crashes;
      ++count.in_recovery;
    }
    trouble.survive();
    disturb(folder.path() / "shard-0", random);
  }
}

TEST(Recovery, AfterACrashAnywhereOutputsAreThereOnceAndStateIsThatOfACleanReplay) {
  Crashes count;
  for (std::uint64_t seed = 1; seed <= (kSanitized ? 4 : 25); ++seed) {
    crash_until_done(seed, count);
    if (HasFatalFailure()) return;
  }
  std::printf("%d crashes, %d of them in recovery, %d ends\n", count.crashes, count.in_recovery,
              count.ended);
  EXPECT_GE(count.crashes, kSanitized ? 40 : 300);
  EXPECT_GT(count.in_recovery, 10);
}

/// A log with all rows of the diamond, a runner that has worked on some of them, and its
/// successors.
struct OneShard {
  explicit OneShard(const Set& set = {}, int count = 300)
      : pipeline(small_steps(set)), rows(random_rows(9, count)) {
    cluster.create_sources(*pipeline->graph, 1);
    cluster.append(rows);
    layout = cluster.prepare(*pipeline);
  }
  std::unique_ptr<RunningShard> shard() {
    return std::make_unique<RunningShard>(*pipeline, layout, cluster.world(), folder.path());
  }
  fs::path snapshots() const { return folder.path() / "shard-0"; }
  std::vector<EpochRecord> epochs() { return read_epochs(cluster.log(), "diamond", 0, 0); }
  /// Ticks that are committed.
  std::size_t ticks() {
    std::size_t count = 0;
    for (const EpochRecord& record : epochs())
      for (const Mark& mark : record.marks) count += mark.kind == Mark::Kind::tick;
    return count;
  }

  std::size_t committed_rows() {
    std::size_t count = 0;
    for (const EpochRecord& record : epochs())
      for (const Run& run : record.runs) count += run.count;
    return count;
  }

  TemporaryFolder folder;
  Trouble trouble;
  Cluster cluster{{.hook = [this](const Call& call) { return trouble(call); }}};
  std::unique_ptr<Pipeline> pipeline;
  std::vector<Row> rows;
  Layout layout;
};

TEST(Recovery, EpochZeroPinsTheBeginningBeforeAnyRow) {
  OneShard one;
  one.shard()->recover();
  const auto epochs = one.epochs();
  ASSERT_EQ(epochs.size(), 1U);
  ASSERT_TRUE(epochs[0].begin);
  EXPECT_EQ(epochs[0].begin->shards, 1U);
  EXPECT_EQ(epochs[0].begin->partitions.at("events"), 1);
  EXPECT_EQ(epochs[0].begin->start[0].second, 0);
  EXPECT_TRUE(epochs[0].runs.empty());
}

TEST(Recovery, OffsetsForToolsFollowWhatIsProcessed) {
  OneShard one;
  const auto shard = one.shard();
  shard->recover();
  shard->work_to(one.rows.size());
  (*shard)->finish();
  EXPECT_EQ(one.cluster.log().committed("events", 0), one.cluster.log().offsets("events", 0).end);
}

TEST(Recovery, ARunThatEndedWellGoesOnFromItsSnapshotWithoutReplay) {
  OneShard one;
  Hashes ended;
  {
    const auto shard = one.shard();
    shard->recover();
    shard->work_to(one.rows.size());
    (*shard)->finish();
    ended = shard->hashes();
  }
  const auto again = one.shard();
  std::uint64_t replayed = 0;
  (**again).recover([&](const Runner::Progress& at) { replayed = at.rows; });
  EXPECT_EQ(replayed, 0U);
  EXPECT_EQ(again->hashes(), ended);
  EXPECT_TRUE((*again)->notes().empty());
}

// A broker that loses what it had confirmed, or a topic made anew: to begin again in silence would
// double what is done.
TEST(Recovery, ALogThatEndsBeforeASnapshotIsRefused) {
  OneShard one;
  {
    const auto shard = one.shard();
    shard->recover();
    shard->work_to(one.rows.size());
    (*shard)->finish();
  }
  const auto why = [&](OneShard& other) {
    RunningShard shard(*other.pipeline, other.layout, other.cluster.world(), one.folder.path());
    try {
      shard.recover();
    } catch (const LogFailure& failure) {
      EXPECT_EQ(failure.kind, LogFailure::Kind::lost);
      return std::string(failure.what());
    }
    return std::string("nothing");
  };
  OneShard anew, shorter;
  EXPECT_NE(why(anew).find("holds no epoch, but there is a snapshot of epoch"), std::string::npos);
  EXPECT_TRUE(anew.epochs().empty());
  shorter.shard()->recover();
  EXPECT_NE(why(shorter).find("ends with epoch 0, but"), std::string::npos);
  EXPECT_EQ(shorter.epochs().size(), 1U);
  for (const fs::path& file : list_snapshots(one.snapshots())) fs::remove(file);
  EXPECT_EQ(why(shorter), "nothing");  // the way out that it names
}

TEST(Recovery, ASnapshotIsLeftAlsoWhenNothingHappenedSinceTheLastEpoch) {
  OneShard one;
  one.pipeline->config.engine.snapshot_every.ms = 3'600'000;
  {
    const auto shard = one.shard();
    shard->recover();
    shard->work_until([&] { return one.cluster.log().committed("events", 0) == 300; });
    while ((*shard)->work()) continue;
    (*shard)->finish();
  }
  ASSERT_EQ(list_snapshots(one.snapshots()).size(), 1U);
  EXPECT_EQ(read_snapshot(list_snapshots(one.snapshots())[0]).epoch, one.epochs().back().epoch);
  const auto again = one.shard();
  again->recover();
  EXPECT_TRUE((*again)->notes().empty());
  EXPECT_EQ(verified(*one.pipeline, one.layout, one.cluster.world()), again->hashes());
}

TEST(Recovery, AStateThatWasCopiedWhileTheShardWentOnIsThatOfItsEpoch) {
  OneShard one({}, 3'000);
  Runner::Settings settings = RunningShard::settings(*one.pipeline, one.folder.path(), 0);
  settings.save_at_once = 0;
  std::size_t copied = 0;
  {
    Signal signal;
    Runner killed(*one.pipeline->graph, one.layout, one.cluster.world(), settings, signal);
    killed.recover([](const Runner::Progress&) {});
    while (killed.shard().sequence() < one.rows.size() && killed.stopped() == Stopped::no)
      killed.work();
    ASSERT_EQ(killed.snapshot_error(), "");
  }  // what waits is written
  for (const fs::path& file : list_snapshots(one.snapshots()))
    for (const StateSection& section : read_snapshot(file).sections) copied += section.bytes.size();
  EXPECT_GT(copied, 10'000U);
  const auto again = one.shard();
  std::uint64_t replayed = 0;
  (**again).recover([&](const Runner::Progress& at) { replayed = at.rows; });
  EXPECT_LT(replayed, one.rows.size());
  EXPECT_TRUE((*again)->notes().empty());
  EXPECT_EQ(verified(*one.pipeline, one.layout, one.cluster.world()), again->hashes());
}

TEST(Recovery, ADamagedSnapshotIsSaidAndTheTopicsIsUsed) {
  OneShard one;
  Hashes ended;
  {
    const auto shard = one.shard();
    shard->recover();
    shard->work_to(one.rows.size() / 2);
    (*shard)->finish();
  }
  {
    const auto shard = one.shard();
    shard->recover();
    shard->work_to(one.rows.size());
    (*shard)->finish();
    ended = shard->hashes();
  }
  const auto files = list_snapshots(one.snapshots());
  ASSERT_GE(files.size(), 2U);
  fs::resize_file(files[0], fs::file_size(files[0]) / 2);
  const auto again = one.shard();
  std::uint64_t replayed = 0;
  (**again).recover([&](const Runner::Progress& at) { replayed = at.rows; });
  EXPECT_EQ(replayed, 0U);  // the topic holds the same one
  EXPECT_EQ(again->hashes(), ended);
  ASSERT_EQ((*again)->notes().size(), 1U);
  EXPECT_NE((*again)->notes()[0].find("cut short"), std::string::npos) << (*again)->notes()[0];
}

TEST(Recovery, ASnapshotOfAnotherLogIsNotUsed) {
  OneShard one({}, 300), other({}, 290);
  one.pipeline->config.engine.snapshot_every.ms = 3'600'000;  // its own are not in the way
  {
    const TemporaryFolder elsewhere;
    RunningShard shard(*one.pipeline, one.layout, one.cluster.world(), elsewhere.path());
    shard.recover();
    shard.work_until([&] { return one.committed_rows() == one.rows.size(); });
  }
  {
    RunningShard shard(*other.pipeline, other.layout, other.cluster.world(), one.folder.path());
    shard.recover();
    shard.work_to(10);
    shard->finish();
  }
  const auto again = one.shard();
  again->recover();
  ASSERT_FALSE((*again)->notes().empty());
  EXPECT_NE((*again)->notes()[0].find("its epoch is not in the log"), std::string::npos)
      << (*again)->notes()[0];
  again->work_to(one.rows.size());
  (*again)->finish();
  EXPECT_EQ(again->hashes(), replay_files(*one.pipeline, one.rows, {}));
}

TEST(Recovery, TheOlderOfTwoOwnersStopsAsFencedAndNothingIsDoubled) {
  OneShard one;
  const auto older = one.shard();
  older->recover();
  older->work_to(100);
  const auto newer = one.shard();
  newer->recover();
  EXPECT_FALSE(older->work_until([&] { return false; }));
  EXPECT_EQ((*older)->stopped(), Stopped::fenced);
  EXPECT_FALSE((*older)->work());
  (*older)->finish();
  newer->work_to(one.rows.size());
  (*newer)->finish();
  EXPECT_EQ((*newer)->stopped(), Stopped::no) << (*newer)->reason();
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
  EXPECT_EQ((*shard)->stopped(), Stopped::no) << (*shard)->reason();
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
  EXPECT_EQ((*shard)->stopped(), Stopped::no) << (*shard)->reason();
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
    EXPECT_NE(std::string(error.what()).find("the input's hash is another"), std::string::npos)
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
  EXPECT_EQ((*again)->stopped(), Stopped::lost_input);
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
  EXPECT_EQ((*shard)->stopped(), Stopped::no) << (*shard)->reason();
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
  EXPECT_EQ(shard->take_facts(),
            std::vector<std::string>{"begins at events[0] 0, events[1] 3, events[2] 0, "
                                     "events[3] 0, events[4] 0, events[5] 0 and 2 more"});
  EXPECT_TRUE(shard->take_facts().empty());
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
  EXPECT_TRUE(why({}, 2).starts_with("this pipeline was begun with 1 shards"));
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
  m: { type: model, input: tx, features: [x], target: y, labels: { input: cb, match: id, wait: 1s, absent: false, max_waiting: 100000 }, steps: [standard_scaler, logistic_regression] }
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

TEST(Runner, TheTimestampOfARecordMayHaveTheYearsThatATimeFieldMay) {
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

TEST(Runner, ATopicOfCsvHasItsFieldsInOrderAndNoHeaderLineAfterARestartToo) {
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
