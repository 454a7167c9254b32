#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <set>
#include <thread>

#include "pipeline/service/service.h"
#include "tests/harness/lives.h"

// Records that end the process, and processes that end without any record's doing.

namespace weir {
namespace {

using namespace engine_test;

/// The record of a row ended the process.
struct Died : std::runtime_error {
  Died() : std::runtime_error("died") {}
};

/// Rows with `deadly` ids among them, and those that the deadly rows leave.
struct Rows {
  explicit Rows(std::uint64_t seed, int count, std::vector<std::size_t> at,
                std::int32_t partitions = 1)
      : all(random_rows(seed, count, partitions)) {
    for (std::size_t i = 0; i < at.size(); ++i) {
      deadly.push_back("deadly-" + std::to_string(i));
      all[at[i]].value = R"({"kind":"event","id":")" + deadly.back() + R"(","card":")" +
                         all[at[i]].key + R"(","amount":1,"ts":)" +
                         std::to_string(all[at[i]].timestamp) + "}";
    }
  }
  bool kills(std::string_view id) const { return std::ranges::find(deadly, id) != deadly.end(); }

  std::vector<Row> all;
  std::vector<std::string> deadly;
};

/// Sets what deadly rows do, for as long as it lives.
struct Deeds {
  explicit Deeds(std::function<void(std::string_view)> deed) { deadly_row = std::move(deed); }
  ~Deeds() { deadly_row = nullptr; }
  Deeds(const Deeds&) = delete;
  Deeds& operator=(const Deeds&) = delete;
};

const Set kNoSnapshots = {{"engine.snapshot_every", "1h"}};

std::vector<Skip> skips(Lives& lives) {
  std::vector<Skip> all;
  for (const EpochRecord& record : lives.epochs())
    all.insert(all.end(), record.skips.begin(), record.skips.end());
  return all;
}

/// Lives one after another until one has done all; returns how many died. `most` is too many.
int live_until_done(Lives& lives, Hashes& end, int most) {
  for (int deaths = 0; deaths < most; ++deaths) {
    try {
      const auto life = lives.life();
      EXPECT_TRUE(life->work_to_end()) << (*life)->reason();
      (*life)->finish();
      EXPECT_EQ((*life)->stopped(), StopReason::none) << (*life)->reason();
      end = life->hashes();
      return deaths;
    } catch (const Died&) {
    }
  }
  ADD_FAILURE() << "nothing helps";
  return most;
}

void expect_each_isolated(Lives& lives, const Rows& rows, const Hashes& end) {
  std::size_t poisoned = 0;
  for (std::int32_t p = 0; p < lives.log().partitions("deadly.dead-letters"); ++p)
    for (const auto& letter : lives.cluster().records("deadly.dead-letters", p))
      for (const std::string& id : rows.deadly)
        poisoned += letter.value.find('"' + id + '"') != std::string::npos;
  EXPECT_EQ(poisoned, rows.deadly.size());
  EXPECT_EQ(skips(lives).size(), rows.deadly.size());
  std::uint64_t processed = 0;
  for (const EpochRecord& record : lives.epochs())
    for (const Run& run : record.runs) processed += run.count;
  EXPECT_EQ(processed, rows.all.size());
  EXPECT_EQ(lives.verified(), end);
}

/// A whole process that works until a deadly row aborts it. Returns the signal that ended it.
int die(Lives& lives, const Rows& rows) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    const Deeds deeds([&](std::string_view id) {
      if (rows.kills(id)) std::abort();
    });
    const auto life = lives.life();
    life->work_to_end();
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(Poison, ARecordThatCrashesTheProcessIsIsolatedAfterThreeCrashes) {
  const Rows rows(5, 200, {123});
  Lives lives(kDeadly, kNoSnapshots);
  lives.append(rows.all);
  for (int death = 0; death < 4; ++death) ASSERT_EQ(die(lives, rows), SIGABRT) << death;
  const Deeds deeds([&](std::string_view id) { EXPECT_FALSE(rows.kills(id)); });
  Hashes end;
  {
    const auto life = lives.life();
    EXPECT_TRUE(life->says("offset 123 of events [0] crashed the process every time"))
        << testing::PrintToString(life->notes());
    ASSERT_TRUE(life->work_to_end());
    EXPECT_TRUE(life->says("the records that crashed the process have been passed"));
    EXPECT_EQ((*life)->shard().dead_letters(Reason::poison), 1U);
    (*life)->finish();
    end = life->hashes();
  }
  EXPECT_EQ(skips(lives), (std::vector<Skip>{{"events", 0, 123}}));
  expect_each_isolated(lives, rows, end);
  std::filesystem::remove_all(lives.folder());  // and nothing is known but the log
  const auto again = lives.life();
  EXPECT_FALSE(again->says("crashed the process"));
  EXPECT_EQ(again->hashes(), end);
}

/// Processes that run two shards at once. No epoch ends but the last: what a process has taken is
/// in flight when it crashes.
struct TwoShards {
  TwoShards()
      : pipeline(read_deadly(kDeadly, {{"engine.shards", "2"},
                                       {"engine.workers", "2"},
                                       {"engine.membership", "fixed"},
                                       {"engine.epoch", "10s"}})) {
    cluster.create_sources(*pipeline->graph, 2);
    layout = cluster.prepare(*pipeline);
  }
  std::unique_ptr<Service> service() {
    return std::make_unique<Service>(pipeline->config, *pipeline->graph, layout, cluster.world(),
                                     folder.path(), Owner{"test", "host", 1},
                                     [](const Notice&) {});
  }
  /// One until a deadly row aborts it: beside a row of the other shard, if there can be one.
  /// Returns the signal.
  int die(const std::function<bool(std::string_view)>& kills) {
    const pid_t child = ::fork();
    if (child == 0) {
      const rlimit none{0, 0};
      ::setrlimit(RLIMIT_CORE, &none);
      std::atomic<bool> dying = false;
      Signal beside;
      const Deeds deeds([&](std::string_view id) {
        if (kills(id)) {
          dying = true;
          beside.wait_for(std::chrono::milliseconds(300));
          std::abort();
        }
        if (!dying) return;
        beside.notify();
        std::this_thread::sleep_for(std::chrono::seconds(10));  // the process ends before
      });
      const auto running = service();
      running->start();
      running->join();
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
  /// One that does all that is left; returns what was skipped.
  std::vector<Skip> finish(std::size_t rows) {
    const auto running = service();
    running->start();
    const auto taken = [&] {
      double records = 0;
      const MetricSamples samples = running->samples();
      for (const MetricSamples::Sample& sample : samples.all())
        if (sample.metric->name == metric::source_rows_total.name) records += sample.number();
      return records;
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (taken() < static_cast<double>(rows) && !running->ended() &&
           std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    running->ask_to_stop();
    running->join();
    EXPECT_EQ(running->why(), StopReason::none) << running->reason();
    std::vector<Skip> skipped;
    std::uint64_t processed = 0;
    for (const std::uint32_t shard : {0U, 1U})
      for (const EpochRecord& record : read_epochs(cluster.log(), "deadly", shard, 0)) {
        skipped.insert(skipped.end(), record.skips.begin(), record.skips.end());
        for (const Run& run : record.runs) processed += run.count;
      }
    EXPECT_EQ(processed, rows);
    return skipped;
  }

  std::unique_ptr<Pipeline> pipeline;
  Cluster cluster;
  Layout layout;
  TemporaryFolder folder;
};

// Both shards die over the same records every time, and come to process them one by one.
TEST(Poison, ARecordThatAnotherShardHadAloneIsNotBlamed) {
  const Rows rows(15, 600, {150}, 2);
  TwoShards two;
  two.cluster.append(rows.all);
  const auto kills = [&](std::string_view id) { return rows.kills(id); };
  for (int death = 0; death < 4; ++death) ASSERT_EQ(two.die(kills), SIGABRT) << death;
  const Deeds deeds([&](std::string_view id) { EXPECT_FALSE(rows.kills(id)); });
  const std::int32_t partition = rows.all[150].partition;
  const auto before = std::ranges::count_if(
      std::span(rows.all).first(150), [&](const Row& row) { return row.partition == partition; });
  EXPECT_EQ(two.finish(600), (std::vector<Skip>{{"events", partition, before}}));
}

TEST(Poison, ARecordIsNotBlamedForAnotherShardsCrash) {
  const Rows rows(16, 600, {150, 151}, 2);
  std::vector<Row> first, second;  // of the partition of the first deadly row, and of the other
  for (const Row& row : rows.all)
    (row.partition == rows.all[150].partition ? first : second).push_back(row);
  std::string trigger;  // a row of the second kind, as the process sees it
  const std::size_t at = second[0].value.find("\"id\":\"") + 6;
  trigger = second[0].value.substr(at, second[0].value.find('"', at) - at);

  TwoShards two;
  two.cluster.append(first);
  for (int death = 0; death < 3; ++death)
    ASSERT_EQ(two.die([&](std::string_view id) { return rows.kills(id); }), SIGABRT) << death;
  two.cluster.append(second);  // taken in a batch, while the first shard goes one by one
  ASSERT_EQ(two.die([&](std::string_view id) { return id == trigger; }), SIGABRT);
  EXPECT_EQ(two.finish(600), std::vector<Skip>{});
}

TEST(Poison, TheDeathsAreThreeInABatchAndOneAlone) {
  const Rows rows(6, 100, {40});
  Lives lives(kDeadly, kNoSnapshots);
  lives.append(rows.all);
  const Deeds deeds([&](std::string_view id) {
    if (rows.kills(id)) throw Died();
  });
  Hashes end;
  EXPECT_EQ(live_until_done(lives, end, 20), 4);
  expect_each_isolated(lives, rows, end);
}

// The rows of an open epoch wait in the shard while the one before is committed: that one's
// success says nothing about them.
TEST(Poison, ACommitOfEarlierRowsDoesNotClearThoseInHand) {
  const Rows rows(7, 300, {150});
  Lives lives(kDeadly, kNoSnapshots);
  lives.pipeline().config.engine.batch_rows = 4096;
  lives.pipeline().config.engine.epoch.ms = 5;
  lives.append(rows.all);
  const Deeds deeds([&](std::string_view id) {
    if (rows.kills(id)) throw Died();
  });
  int turns = 0;  // commits take a while, in which rows are taken
  lives.cluster().world().simulated.due = [&] { return ++turns % 4 == 0; };
  Hashes end;
  EXPECT_LE(live_until_done(lives, end, 20), 5);
  expect_each_isolated(lives, rows, end);
}

TEST(Poison, OnlyRecordsThatCrashTheProcessAreIsolated) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::set<std::size_t> at;
    while (at.size() < 4) at.insert(random() % 300);
    const Rows rows(seed, 300, {at.begin(), at.end()}, 3);
    Lives lives(kDeadly, {{"engine.snapshot_every", "20ms"}}, 3);
    lives.append(rows.all);
    int turns = 0;
    lives.cluster().world().simulated.due = [&] { return ++turns % 3 == 0; };
    const Deeds deeds([&](std::string_view id) {
      if (rows.kills(id)) throw Died();
    });
    Hashes end;
    EXPECT_LE(live_until_done(lives, end, 40), 20);
    expect_each_isolated(lives, rows, end);
  }
}

// They die before the epoch of the first is committed: what is known of it must not be forgotten.
TEST(Poison, EachCrashingRecordOfAnEpochCostsOneMoreCrash) {
  const Rows rows(12, 200, {120, 125, 130});
  Lives lives(kDeadly, kNoSnapshots);
  lives.append(rows.all);
  const Deeds deeds([&](std::string_view id) {
    if (rows.kills(id)) throw Died();
  });
  Hashes end;
  EXPECT_EQ(live_until_done(lives, end, 20), 3 + 3);
  expect_each_isolated(lives, rows, end);
}

TEST(Poison, KillsWithProgressInBetweenIsolateNothing) {
  std::mt19937_64 random(3);
  const Rows rows(8, 3000, {});
  Lives lives(kDeadly, {{"engine.snapshot_every", "20ms"}});
  lives.append(rows.all);
  int kills = 0;
  for (std::uint64_t target = 0; target < 2900; ++kills) {
    target += 20 + random() % 60;  // past what the one before had in hand
    const auto life = lives.life();
    EXPECT_FALSE(life->says("one by one")) << kills;
    ASSERT_TRUE(life->work_to(target));
  }
  EXPECT_GT(kills, 40);
  Hashes end;
  EXPECT_EQ(live_until_done(lives, end, 1), 0);
  EXPECT_TRUE(skips(lives).empty());
  EXPECT_EQ(lives.verified(), end);
}

TEST(Poison, KillsWithoutProgressSlowDownButIsolateNothing) {
  const Rows rows(9, 400, {});
  Lives lives(kDeadly, kNoSnapshots);
  lives.append(rows.all);
  lives.answer_commits(false);  // all that is taken stays in hand
  for (int kill = 0; kill < 4; ++kill) {
    const auto life = lives.life();
    lives.answer_commits(true);  // but for the epoch that names the owner
    (*life)->work();
    (*life)->work();
    lives.answer_commits(false);
    for (int turn = 0; turn < 10; ++turn) (*life)->work();
    EXPECT_EQ(life->says("the process crashed 3 times over the same records"), kill == 3) << kill;
  }
  lives.answer_commits(true);
  for (int kill = 0; kill < 20; ++kill) {  // while they are processed one by one
    const auto life = lives.life();
    for (int turn = 0; turn < 5 + kill % 4; ++turn) (*life)->work();
    EXPECT_FALSE(life->says("goes to the dead letters")) << kill;
  }
  Hashes end;
  EXPECT_EQ(live_until_done(lives, end, 1), 0);
  EXPECT_TRUE(skips(lives).empty());
  EXPECT_EQ(lives.verified(), end);
}

TEST(Poison, AKillFromOutsideNeitherCountsNorResetsCrashes) {
  const Rows rows(11, 100, {48});
  Lives lives(kDeadly, kNoSnapshots);
  lives.append(rows.all);
  const Deeds deeds([&](std::string_view id) {
    if (rows.kills(id)) throw Died();
  });
  for (int death = 0; death < 3; ++death) EXPECT_THROW(lives.life()->work_to_end(), Died);
  for (int kill = 0; kill < 3; ++kill) {
    const auto life = lives.life();
    EXPECT_TRUE(life->says("crashed 3 times")) << kill;
    EXPECT_THROW(life->work_to_end(), Died);  // ended here, with the record alone in hand
    lives.crashed = false;                    // but from outside
  }
  Hashes end;
  EXPECT_THROW(lives.life()->work_to_end(), Died);  // alone
  lives.crashed = true;
  EXPECT_EQ(live_until_done(lives, end, 20), 0);
  expect_each_isolated(lives, rows, end);
}

TEST(Poison, AnEndThatIsNoDeathIsNotCounted) {
  const Rows rows(10, 400, {});
  Lives lives(kDeadly, kNoSnapshots);
  lives.append(rows.all);
  const auto in_hand = lives.folder() / "in-hand";
  for (int turn = 0; turn < 3; ++turn) {
    const auto parked = lives.life();
    ASSERT_TRUE(parked->work_to((*parked)->shard().sequence() + 30));
    EXPECT_TRUE(std::filesystem::exists(in_hand));
    (*parked)->park(false);
    EXPECT_FALSE(std::filesystem::exists(in_hand));
    ASSERT_TRUE((*parked)->resume());
    ASSERT_TRUE(parked->work_to((*parked)->shard().sequence() + 30));
    EXPECT_TRUE(std::filesystem::exists(in_hand));
    const auto newer = lives.life();  // fences it
    EXPECT_FALSE(parked->work_until([] { return false; }));
    EXPECT_EQ((*parked)->stopped(), StopReason::fenced);
    EXPECT_FALSE(std::filesystem::exists(in_hand));
    (*newer)->finish();
  }
}

}  // namespace
}  // namespace weir
