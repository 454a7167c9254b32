#include "pipeline/service/worker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/pipeline/service/fake_shards.h"
#include "tests/temporary_folder.h"

namespace weir {
namespace {

using namespace service_test;
using Calls = std::vector<std::string>;
using Partitions = std::vector<std::int32_t>;
using Failures = std::vector<std::pair<StopReason, std::string>>;
using Kind = LogFailure::Kind;

/// Gives shards by their scripts. A recovery has two steps unless told otherwise.
struct FakeSource final : ShardSource {
  std::unique_ptr<LiveShard> recover(std::uint32_t shard, Signal&,
                                     const WatchRecovery& watch) override {
    recovered.push_back(shard);
    if (const auto at = failures.find(shard); at != failures.end()) throw at->second;
    if (unending.contains(shard)) {
      while (watch({.epoch = 1, .epochs = 3}, {}) == WhatNext::proceed) {
        if (on_step) on_step();
      }
      return nullptr;
    }
    for (const std::uint64_t epoch : {2, 3})
      if (watch({.epoch = epoch, .epochs = 3}, {}) == WhatNext::give_up) return nullptr;
    return std::make_unique<FakeShard>(shard, scripts[shard]);
  }

  std::map<std::uint32_t, Script> scripts;
  std::map<std::uint32_t, LogFailure> failures;
  std::set<std::uint32_t> unending;  // recover until they are given up
  std::function<void()> on_step;
  std::vector<std::uint32_t> recovered;
};

/// What a poll of a group does.
struct Step {
  Partitions ours = {};
  bool joined = true;
  Partitions release = {};
  bool lost = false;
  std::optional<LogFailure> failure = {};
};

/// Goes through its steps, poll by poll; asks to stop after the last.
class FakeGroup final : public Membership {
 public:
  FakeGroup(std::vector<Step> steps, std::stop_source stop, bool& left)
      : steps_(std::move(steps)), stop_(std::move(stop)), left_(left) {}
  ~FakeGroup() override { left_ = true; }

  std::span<const std::int32_t> poll(const Release& release) override {
    if (next_ == steps_.size()) {
      stop_.request_stop();
      return steps_.back().ours;
    }
    const Step& step = steps_[next_++];
    if (!step.release.empty()) release(step.release, step.lost);
    if (step.failure) throw *step.failure;
    joined_ = step.joined;
    return step.ours;
  }
  bool joined() const override { return joined_; }

 private:
  std::vector<Step> steps_;
  std::stop_source stop_;
  bool& left_;
  std::size_t next_ = 0;
  bool joined_ = false;
};

class WorkerTest : public testing::Test {
 protected:
  void run_fixed(std::vector<std::uint32_t> shards) {
    run({.pipeline = "p", .shards = 8, .fixed = std::move(shards)});
  }
  void run_member(std::vector<Step> steps) {
    run({.pipeline = "p",
         .shards = 8,
         .join =
             [&, steps](Signal&) {
               return std::make_unique<FakeGroup>(steps, heard.stop, left);
             },
         .lease = lease});
  }
  void run(Worker::Settings settings) {
    worker = std::make_unique<Worker>(std::move(settings), source, heard, heard.stop.get_token());
    worker->run();
    EXPECT_EQ(heard.workers_ended, 1);
    EXPECT_FALSE(std::filesystem::exists(lease));
  }
  /// Asks to stop when the shard has worked so often.
  void stop_after(std::uint32_t shard, int turns) {
    source.scripts[shard].busy = true;
    source.scripts[shard].on_work = [this, turns]() mutable {
      if (--turns == 0) heard.stop.request_stop();
    };
  }
  bool told(const std::string& text) const {
    return std::ranges::any_of(heard.told, [&](const Notice& one) { return one.text == text; });
  }

  TemporaryFolder folder;
  std::filesystem::path lease = folder.path() / "lease-0";
  Heard heard;
  FakeSource source;
  bool left = false;  // the group
  std::unique_ptr<Worker> worker;
};

TEST_F(WorkerTest, RecoversItsShardsRunsThemAndFinishesThemWhenItIsAskedToStop) {
  stop_after(2, 5);
  bool ready = false;
  source.scripts[5].on_work = [&] { ready = worker->ready(); };
  source.scripts[5].epoch = 9;
  run_fixed({2, 5});
  EXPECT_EQ(source.recovered, (std::vector<std::uint32_t>{2, 5}));
  EXPECT_TRUE(ready);
  EXPECT_EQ(heard.ends, (std::vector<ShardEnd>{{2, 0, 1, 2}, {5, 9, 1, 2}}));
  EXPECT_EQ(source.scripts[5].calls, (Calls{"finish", "dropped"}));
  EXPECT_TRUE(heard.failures.empty());
  EXPECT_EQ(reported(worker->samples()), (std::set<std::string>{"2", "5"}));
  EXPECT_TRUE(told("shard 2: 1 epochs to replay"));
}

TEST_F(WorkerTest, WithoutAGroupAFencedShardIsAFailureThatNamesTheWayOut) {
  source.scripts[0].stopped = StopReason::fenced;
  source.scripts[0].reason = "taken by x";
  run_fixed({0});
  EXPECT_EQ(heard.failures,
            (Failures{{StopReason::fenced,
                       "shard 0: taken by x. Another weir runs this pipeline's shard under the "
                       "same name: stop one of them (or use `membership: group`)"}}));
}

TEST_F(WorkerTest, AMemberReleasesAFencedShardAndDoesNotTakeItBackAtOnce) {
  source.scripts[0].stopped = StopReason::fenced;
  source.scripts[0].reason = "taken by x";
  run_member({{{0}}, {{0}}, {{0}}});
  EXPECT_TRUE(heard.failures.empty());
  EXPECT_TRUE(told("shard 0: taken by x; releasing the shard"));
  EXPECT_EQ(source.recovered, std::vector<std::uint32_t>{0});
  EXPECT_TRUE(heard.ends.empty());
}

TEST_F(WorkerTest, AFencingDuringRecoveryIsOfTheShardAndTheOthersContinue) {
  source.failures.emplace(0, LogFailure(Kind::fenced, "taken by x"));
  run_member({{{0, 1}}, {{0, 1}}});
  EXPECT_TRUE(told("shard 0: taken by x; releasing the shard"));
  EXPECT_EQ(source.recovered, (std::vector<std::uint32_t>{0, 1}));
  ASSERT_EQ(heard.ends.size(), 1U);
  EXPECT_EQ(heard.ends[0].shard, 1U);
}

TEST_F(WorkerTest, AShardWhoseInputIsLostIsNotRecoveredAgainAndTheOthersContinue) {
  source.failures.emplace(0, LogFailure(Kind::lost, "offset 7 is gone"));
  source.scripts[1].stopped = StopReason::lost_input;
  source.scripts[1].reason = "offset 8 is gone";
  stop_after(2, 5);
  run_fixed({0, 1, 2});
  EXPECT_EQ(heard.lost, (Calls{"shard 0: offset 7 is gone", "shard 1: offset 8 is gone"}));
  EXPECT_EQ(source.recovered, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_FALSE(worker->ready());
  ASSERT_EQ(heard.ends.size(), 1U);
  EXPECT_EQ(heard.ends[0].shard, 2U);
}

TEST_F(WorkerTest, ABrokerThatCannotBeReachedDuringRecoveryEndsTheWorker) {
  source.failures.emplace(0, LogFailure(Kind::unreachable, "no broker"));
  run_fixed({0});
  EXPECT_EQ(heard.failures, (Failures{{StopReason::unreachable, "no broker"}}));
}

TEST_F(WorkerTest, AShardThatFailsEndsTheWorkerWithItsReason) {
  source.scripts[0].stopped = StopReason::failed;
  source.scripts[0].reason = "no right to write";
  run_fixed({0, 1});
  ASSERT_FALSE(heard.failures.empty());
  EXPECT_EQ(heard.failures[0].first, StopReason::failed);
  EXPECT_EQ(heard.failures[0].second, "shard 0: no right to write");
  ASSERT_EQ(heard.ends.size(), 1U);
  EXPECT_EQ(heard.ends[0].shard, 1U);
}

TEST_F(WorkerTest, AStopGivesARecoveryUp) {
  source.unending = {0};
  source.on_step = [this] { heard.stop.request_stop(); };
  run_fixed({0, 1});
  EXPECT_EQ(source.recovered, std::vector<std::uint32_t>{0});
  EXPECT_TRUE(heard.ends.empty());
  EXPECT_TRUE(heard.failures.empty());
  EXPECT_EQ(reported(worker->samples()), std::set<std::string>{});
}

TEST_F(WorkerTest, ARecoveryOfAShardAssignedElsewhereIsGivenUp) {
  source.unending = {0};
  run_member({{{0}}, {{}, false, {0}}, {{0}}, {{1}}, {{1}}});  // ours again, then another's
  EXPECT_EQ(source.recovered, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_TRUE(heard.failures.empty());
  EXPECT_TRUE(left);
}

TEST_F(WorkerTest, AFailureOfTheGroupDuringARecoveryIsNotTakenForTheShards) {
  source.unending = {0};
  run_member({{{0}}, {.failure = LogFailure(Kind::fenced, "another member has joined as x")}});
  EXPECT_EQ(heard.failures,
            (Failures{{StopReason::fenced,
                       "another member has joined as x. Two processes have the same "
                       "engine.instance: give each its own"}}));
  EXPECT_TRUE(heard.lost.empty());
}

TEST_F(WorkerTest, AShardGivenBackUntouchedIsNotRecovered) {
  run_member({{{0, 1}}, {{}, false, {0, 1}}, {{1}}});
  EXPECT_EQ(source.recovered, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(source.scripts[0].calls, (Calls{"park", "dropped"}));
  EXPECT_EQ(source.scripts[1].calls, (Calls{"park", "resume", "finish", "dropped"}));
  EXPECT_TRUE(told("shard 0: released after epoch 0"));
}

TEST_F(WorkerTest, AShardThatSomebodyElseHadHasToRecover) {
  source.scripts[0].resumes = false;
  run_member({{{0}}, {{}, false, {0}, true}, {{0}}});
  EXPECT_EQ(source.recovered, (std::vector<std::uint32_t>{0, 0}));
  EXPECT_EQ(source.scripts[0].calls,
            (Calls{"park lost", "resume", "dropped", "finish", "dropped"}));
}

TEST_F(WorkerTest, AStopDuringARebalanceFinishesTheParkedShards) {
  run_member({{{0}}, {{}, false, {0}}});
  EXPECT_EQ(source.scripts[0].calls, (Calls{"park", "resume", "finish", "dropped"}));
  EXPECT_EQ(heard.ends.size(), 1U);
}

TEST_F(WorkerTest, ShardsOfACrashedProcessRunBeforeTheGroupAssignsThem) {
  std::ofstream(lease) << "3\n4\n";
  run_member({{{}, false}, {{}, false}, {{4}}});
  EXPECT_EQ(source.recovered, (std::vector<std::uint32_t>{3, 4}));
  EXPECT_EQ(source.scripts[3].calls, (Calls{"park", "dropped"}));
  EXPECT_EQ(source.scripts[4].calls, (Calls{"finish", "dropped"}));
}

TEST_F(WorkerTest, AMemberNotesItsLeaseAsSoonAsAShardRuns) {
  source.scripts[3].on_work = [&] {
    EXPECT_EQ(LeaseFile(lease).left_by_crash(8), std::vector<std::uint32_t>{3});
  };
  run_member({{{3}}, {{3}}});
  EXPECT_EQ(heard.ends.size(), 1U);
}

}  // namespace
}  // namespace weir
