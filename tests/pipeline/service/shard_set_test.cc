#include "pipeline/service/shard_set.h"

#include <gtest/gtest.h>

#include "tests/pipeline/service/fake_shards.h"

namespace weir {
namespace {

using namespace service_test;
using std::chrono::seconds;
using Shards = std::vector<std::uint32_t>;
using Partitions = std::vector<std::int32_t>;
using Calls = std::vector<std::string>;
using Level = Notice::Level;

constexpr ShardSet::Time kLater{seconds(1000)};

class ShardSetTest : public testing::Test {
 protected:
  void take(std::uint32_t shard) {
    shards.take(shard, std::make_unique<FakeShard>(shard, scripts[shard]));
  }
  Calls calls(std::uint32_t shard) { return scripts[shard].calls; }

  std::map<std::uint32_t, Script> scripts;  // outlive the shards
  Heard heard;
  SampleBoard board;
  ShardSet shards{heard, board};
};

TEST_F(ShardSetTest, AShardThatIsTakenRunsAndShowsItsFigures) {
  EXPECT_TRUE(shards.empty());
  take(3);
  take(1);
  EXPECT_TRUE(shards.runs(3));
  EXPECT_FALSE(shards.runs(2));
  EXPECT_EQ(shards.running(), (Shards{1, 3}));
  EXPECT_EQ(reported(board.all()), (std::set<std::string>{"1", "3"}));
}

TEST_F(ShardSetTest, AParkedShardNeitherRunsNorReportsUntilItIsResumed) {
  take(1);
  take(2);
  shards.park(Partitions{1, 7}, false);
  EXPECT_EQ(shards.running(), Shards{2});
  EXPECT_EQ(reported(board.all()), std::set<std::string>{"2"});
  EXPECT_TRUE(shards.resume(1));
  EXPECT_EQ(shards.running(), (Shards{1, 2}));
  EXPECT_EQ(calls(1), (Calls{"park", "resume"}));
  EXPECT_EQ(calls(2), Calls{});
}

TEST_F(ShardSetTest, AParkedShardThatSomebodyElseHadIsDroppedInsteadOfResumed) {
  take(1);
  shards.park(Partitions{1}, true);
  scripts[1].resumes = false;
  EXPECT_FALSE(shards.resume(1));
  EXPECT_EQ(calls(1), (Calls{"park lost", "resume", "dropped"}));
  EXPECT_FALSE(shards.resume(1));
}

TEST_F(ShardSetTest, AShardThatRecoveredWhileTheGroupSharesOutIsWrittenOutAndParked) {
  board.set(4, {});
  shards.take_parked(4, std::make_unique<FakeShard>(4, scripts[4]));
  EXPECT_TRUE(shards.empty());
  EXPECT_EQ(reported(board.all()), std::set<std::string>{});
  EXPECT_EQ(calls(4), Calls{"write out"});
  EXPECT_TRUE(shards.resume(4));
}

TEST_F(ShardSetTest, ShardsThatAreNotWantedAreCommittedAndDropped) {
  take(1);
  take(2);
  shards.drop_others(Shards{2, 5});
  EXPECT_EQ(calls(1), (Calls{"park", "dropped"}));
  EXPECT_EQ(shards.running(), Shards{2});
  EXPECT_EQ(reported(board.all()), std::set<std::string>{"2"});
  EXPECT_TRUE(heard.told.empty());
}

TEST_F(ShardSetTest, ParkedShardsOfOthersAreDroppedAndThatIsTold) {
  take(1);
  take(2);
  scripts[1].epoch = 17;
  shards.park(Partitions{1, 2}, false);
  shards.drop_parked_others(Shards{2});
  EXPECT_EQ(heard.told, (std::vector<Notice>{{Level::info, "shard 1: released after epoch 17"}}));
  EXPECT_EQ(calls(1), (Calls{"park", "dropped"}));
  EXPECT_TRUE(shards.resume(2));
}

TEST_F(ShardSetTest, ATurnIsBusyIfAnyShardIsAndEndsWithTheEarliestDeadline) {
  take(1);
  take(2);
  scripts[1].deadline = kLater + seconds(1);
  EXPECT_FALSE(shards.turn(kLater).busy);
  EXPECT_EQ(shards.turn(kLater).deadline, kLater);
  scripts[1].busy = true;
  scripts[2].deadline = kLater - seconds(5);
  const ShardSet::Turn turn = shards.turn(kLater);
  EXPECT_TRUE(turn.busy);
  EXPECT_EQ(turn.deadline, kLater - seconds(5));
  EXPECT_TRUE(turn.stopped.empty());
}

TEST_F(ShardSetTest, NoticesAreToldOnceWithTheNumberOfTheShard) {
  take(1);
  take(2);
  scripts[2].notices = {{Level::warning, "is late"}, {Level::error, "is lost"}};
  shards.turn(kLater);
  shards.turn(kLater);
  EXPECT_EQ(heard.told, (std::vector<Notice>{{Level::warning, "shard 2: is late"},
                                             {Level::error, "shard 2: is lost"}}));
}

TEST_F(ShardSetTest, AFencedShardIsDroppedAsItIsAndOneWithoutInputIsFinishedFirst) {
  for (const std::uint32_t shard : {1, 2, 3, 4}) take(shard);
  scripts[1].stopped = StopReason::fenced;
  scripts[2].stopped = StopReason::lost_input;
  scripts[3].stopped = StopReason::failed;
  for (auto& [shard, script] : scripts) script.reason = "why " + std::to_string(shard);
  const ShardSet::Turn turn = shards.turn(kLater);
  ASSERT_EQ(turn.stopped.size(), 3U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(turn.stopped[i].shard, i + 1);
    EXPECT_EQ(turn.stopped[i].why, scripts[i + 1].stopped);
    EXPECT_EQ(turn.stopped[i].reason, "why " + std::to_string(i + 1));
  }
  EXPECT_EQ(calls(1), Calls{"dropped"});
  EXPECT_EQ(calls(2), (Calls{"finish", "dropped"}));
  EXPECT_EQ(shards.running(), (Shards{3, 4}));
}

TEST_F(ShardSetTest, FailingSnapshotsAreToldOnceAndSoIsTheirEnd) {
  take(1);
  shards.report();
  EXPECT_TRUE(heard.told.empty());
  scripts[1].snapshot_error = "disk full";
  shards.report();
  shards.park(Partitions{1}, false);  // it remembers what was told
  EXPECT_TRUE(shards.resume(1));
  shards.report();
  EXPECT_EQ(heard.told,
            (std::vector<Notice>{{Level::error,
                                  "shard 1: no snapshot could be written; a restart replays more "
                                  "instead: disk "
                                  "full"}}));
  heard.told.clear();
  scripts[1].snapshot_error.clear();
  shards.report();
  shards.report();
  EXPECT_EQ(heard.told,
            (std::vector<Notice>{{Level::info, "shard 1: snapshots are written again"}}));
}

TEST_F(ShardSetTest, AReportShowsTheRunningShardsOnly) {
  take(1);
  board.set(9, {});
  shards.report();
  EXPECT_EQ(reported(board.all()), std::set<std::string>{"1"});
}

TEST_F(ShardSetTest, FinishingEndsRunningShardsAndParkedOnesThatNobodyElseHad) {
  for (const std::uint32_t shard : {1, 2, 3, 4}) {
    take(shard);
    scripts[shard].epoch = shard * 10;
  }
  shards.park(Partitions{2, 3}, false);
  scripts[3].resumes = false;
  scripts[4].stopped = StopReason::unreachable;
  scripts[4].reason = "no broker";
  std::vector<ShardEnd> ends;
  const std::vector<ShardSet::Stop> stopped = shards.finish(ends);
  EXPECT_EQ(ends, (std::vector<ShardEnd>{{1, 10, 1, 2}, {2, 20, 1, 2}}));
  ASSERT_EQ(stopped.size(), 1U);
  EXPECT_EQ(stopped[0].shard, 4U);
  EXPECT_EQ(stopped[0].why, StopReason::unreachable);
  EXPECT_EQ(stopped[0].reason, "no broker");
  EXPECT_EQ(calls(2), (Calls{"park", "resume", "finish", "dropped"}));
  EXPECT_EQ(calls(3), (Calls{"park", "resume", "dropped"}));
  EXPECT_TRUE(shards.empty());
  EXPECT_FALSE(shards.resume(3));
}

TEST_F(ShardSetTest, ClearingDropsEveryShardAsItIs) {
  take(1);
  take(2);
  shards.park(Partitions{2}, false);
  shards.clear();
  EXPECT_EQ(calls(1), Calls{"dropped"});
  EXPECT_EQ(calls(2), (Calls{"park", "dropped"}));
  EXPECT_TRUE(shards.empty());
}

}  // namespace
}  // namespace weir
