#include "pipeline/runner/recovery.h"

#include <random>

#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/one_shard.h"

// Recovery on the log in memory: processes that crash at any call of the log, and what is there
// afterwards.

namespace weir {
namespace {

namespace fs = std::filesystem;
using namespace engine_test;
using Call = MemoryLog::Call;

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
        ASSERT_EQ(shard->stopped(), StopReason::none) << shard->reason();
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

TEST(Recovery, ACrashAnywhereNeitherLosesNorRepeatsOutputs) {
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
  again->recover([&](const ReplayProgress& at) { replayed = at.rows; });
  EXPECT_EQ(replayed, 0U);
  EXPECT_EQ(again->hashes(), ended);
  EXPECT_TRUE(again->notes().empty());
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

TEST(Recovery, StoppingLeavesASnapshotEvenWithoutNewRows) {
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
  EXPECT_TRUE(again->notes().empty());
  EXPECT_EQ(verified(*one.pipeline, one.layout, one.cluster.world()), again->hashes());
}

TEST(Recovery, ACopiedStateIsThatOfItsEpoch) {
  OneShard one({}, 3'000);
  RunnerSettings settings = RunningShard::settings(*one.pipeline, one.folder.path(), 0);
  settings.save_at_once = 0;
  std::size_t copied = 0;
  {
    RunningShard killed(*one.pipeline, one.layout, one.cluster.world(), settings);
    killed.recover();
    while (killed->shard().sequence() < one.rows.size() && killed->stopped() == StopReason::none)
      killed->work();
    ASSERT_EQ(killed->snapshot_error(), "");
  }  // what waits is written
  for (const fs::path& file : list_snapshots(one.snapshots()))
    for (const StateSection& section : read_snapshot(file).sections) copied += section.bytes.size();
  EXPECT_GT(copied, 10'000U);
  const auto again = one.shard();
  std::uint64_t replayed = 0;
  again->recover([&](const ReplayProgress& at) { replayed = at.rows; });
  EXPECT_LT(replayed, one.rows.size());
  EXPECT_TRUE(again->notes().empty());
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
  again->recover([&](const ReplayProgress& at) { replayed = at.rows; });
  EXPECT_EQ(replayed, 0U);  // the topic holds the same one
  EXPECT_EQ(again->hashes(), ended);
  ASSERT_EQ(again->notes().size(), 1U);
  EXPECT_NE(again->notes()[0].find("cut short"), std::string::npos) << again->notes()[0];
}

TEST(Recovery, OneThatIsGivenUpWritesNothingAndTheNextContinues) {
  OneShard one;
  one.pipeline->config.engine.snapshot_every.ms = 3'600'000;  // all epochs are replayed
  {
    const auto shard = one.shard();
    shard->recover();
    shard->work_until([&] { return one.committed_rows() == one.rows.size(); });
  }
  const std::size_t epochs = one.epochs().size();
  int steps = 0;
  EXPECT_FALSE(one.shard()->recover_unless([&](const ReplayProgress&) {
    return ++steps == 3 ? WhatNext::give_up : WhatNext::proceed;
  }));
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(one.epochs().size(), epochs);
  const auto again = one.shard();
  again->recover();
  EXPECT_EQ(again->hashes(), verified(*one.pipeline, one.layout, one.cluster.world()));
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
  ASSERT_FALSE(again->notes().empty());
  EXPECT_NE(again->notes()[0].find("its epoch is not in the log"), std::string::npos)
      << again->notes()[0];
  again->work_to(one.rows.size());
  (*again)->finish();
  EXPECT_EQ(again->hashes(), replay_files(*one.pipeline, one.rows, {}));
}

}  // namespace
}  // namespace weir
