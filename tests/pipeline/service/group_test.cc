#include <thread>

#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/processes.h"

// Services that share the shards of a pipeline, and such that should not.

namespace weir {
namespace {

using namespace engine_test;
using Process = Site::Process;
using Shares = std::map<std::string, int>;

TEST(Group, InstancesComeAndGoUnderLoadAndEveryRowIsProcessedOnce) {
  Site site;
  const std::size_t part = site.rows.size() / 40;
  const auto feed = [&](const std::function<bool()>& until) {
    for (int i = 0; i < 5; ++i) site.append(part);  // while shards move
    EXPECT_TRUE(site.wait_until(until));
    for (int i = 0; i < 5; ++i) site.append(part);
  };
  auto a = std::make_unique<Process>(site, "a");
  feed([&] { return site.shares() == Shares{{"a", 4}}; });
  auto b = std::make_unique<Process>(site, "b");
  feed([&] { return site.shares() == Shares{{"a", 2}, {"b", 2}}; });
  auto c = std::make_unique<Process>(site, "c");
  feed([&] { return site.shares() == Shares{{"a", 2}, {"b", 1}, {"c", 1}}; });
  a.reset();
  EXPECT_TRUE(site.wait_until([&] { return site.shares() == Shares{{"b", 2}, {"c", 2}}; }));
  b.reset();
  feed([&] { return site.shares() == Shares{{"c", 4}} && site.all_committed(); });
  EXPECT_TRUE(site.wait_until([&] { return site.all_committed(); }));
  EXPECT_TRUE(c->service.ready());
  c->service.ask_to_stop();
  c->service.join();
  EXPECT_EQ(c->service.why(), StopReason::none) << c->service.reason();
  EXPECT_EQ(c->service.ends().size(), 4U);
  site.expect_equal(c->service);
  site.expect_all_once();
}

TEST(Group, AShardGivenBackUntouchedContinuesWithoutReplay) {
  Site site;
  site.append(400);
  Process a(site, "a");
  EXPECT_TRUE(site.wait_until([&] { return site.all_committed(); }));
  Process b(site, "b");
  EXPECT_TRUE(site.wait_until([&] { return site.shares() == Shares{{"a", 2}, {"b", 2}}; }));
  Process c(site, "c");  // a waits for b, or b for a, between giving up and getting back
  EXPECT_TRUE(site.wait_until([&] {
    return site.shares() == Shares{{"a", 2}, {"b", 1}, {"c", 1}};
  }));
  EXPECT_TRUE(
      site.wait_until([&] { return a.service.ready() && b.service.ready() && c.service.ready(); }));
  site.append(400);
  EXPECT_TRUE(site.wait_until([&] { return site.all_committed(); }));
  using Owners = std::vector<std::string>;
  EXPECT_EQ(site.owners(0), Owners{"a"});
  EXPECT_EQ(site.owners(1), Owners{"a"});
  EXPECT_EQ(site.owners(2), (Owners{"a", "b"}));
  EXPECT_EQ(site.owners(3), (Owners{"a", "b", "c"}));
  EXPECT_EQ(a.told("released after epoch"), 2);
  EXPECT_EQ(b.told("released after epoch"), 1);
  for (Process* process : {&a, &b, &c}) {
    process->service.ask_to_stop();
    process->service.join();
    EXPECT_EQ(process->service.why(), StopReason::none) << process->service.reason();
  }
  site.expect_all_once();
}

TEST(Group, AStopDuringARebalanceFinishesTheParkedShards) {
  Site site;
  site.append(400);
  Process a(site, "a");
  Process b(site, "b");
  EXPECT_TRUE(site.wait_until([&] {
    return site.shares() == Shares{{"a", 2}, {"b", 2}} && site.all_committed() && a.service.ready();
  }));
  b.log.pause();  // it does not give up what it has: nobody gets anything
  Process c(site, "c");
  EXPECT_TRUE(site.wait_until([&] { return !a.service.ready(); }));
  a.service.ask_to_stop();
  a.service.join();
  EXPECT_EQ(a.service.why(), StopReason::none) << a.service.reason();
  EXPECT_EQ(a.service.ends().size(), 2U);
  site.expect_equal(a.service);
  std::uint64_t epochs = 0;  // of a shard without rows there is none after 0, and no snapshot
  for (const ShardEnd& end : a.service.ends()) {
    const auto snapshots = list_snapshots(a.folder() / ("shard-" + std::to_string(end.shard)));
    EXPECT_EQ(snapshots.empty() ? 0 : read_snapshot(snapshots.front()).epoch, end.epoch);
    epochs += end.epoch;
  }
  EXPECT_GT(epochs, 0U);
  b.log.resume();
  site.append(400);
  EXPECT_TRUE(site.wait_until([&] {
    return site.shares() == Shares{{"b", 2}, {"c", 2}} && site.all_committed();
  }));
  for (Process* process : {&b, &c}) {
    process->service.ask_to_stop();
    process->service.join();
    EXPECT_EQ(process->service.why(), StopReason::none) << process->service.reason();
  }
  site.expect_all_once();
}

TEST(Group, AZombieReleasesItsShardsAndNothingIsDoubled) {
  Site site;
  site.append(400);
  Process a(site, "a");
  Process b(site, "b");
  EXPECT_TRUE(site.wait_until([&] { return site.shares() == Shares{{"a", 2}, {"b", 2}}; }));
  for (int round = 0; round < (kSanitized ? 1 : 3); ++round) {
    a.log.pause();
    site.append(100);
    a.log.expire();
    EXPECT_TRUE(site.wait_until([&] {
      return site.shares() == Shares{{"b", 4}} && site.all_committed();
    }));
    site.append(100);
    a.log.resume();  // with an epoch in flight that is no longer its own
    EXPECT_TRUE(site.wait_until([&] {
      return site.shares() == Shares{{"a", 2}, {"b", 2}} && site.all_committed() &&
             a.service.ready() && b.service.ready();
    }));
  }
  for (Process* process : {&a, &b}) {
    process->service.ask_to_stop();
    process->service.join();
    EXPECT_EQ(process->service.why(), StopReason::none) << process->service.reason();
    site.expect_equal(process->service);
  }
  site.expect_all_once();
}

// What has a recovery to do: epochs, and no snapshot.
const Set kNoSnapshots = {{"engine.snapshot_every", "1h"}};

/// A recovering worker asks the group every so often.
constexpr std::chrono::milliseconds kAskedAgain{100};

TEST(Group, ARecoveryContinuesDuringARebalanceAndCountsIfTheShardComesBack) {
  Site site(2, kNoSnapshots);
  site.append(400);
  Process b(site, "b", kNoSnapshots);
  EXPECT_TRUE(site.wait_until([&] { return site.all_committed(); }));
  std::unique_ptr<Process> c;
  Process a(site, "a", kNoSnapshots, [&](Process&, const std::string& text) {
    if (c || !text.starts_with("shard 1: ") || !text.ends_with("epochs to replay")) return;
    b.log.pause();  // it does not give up what it has: nobody gets anything
    c = std::make_unique<Process>(site, "c", kNoSnapshots);
    while (c->log.polls() == 0) std::this_thread::yield();
    std::this_thread::sleep_for(kAskedAgain);
  });
  EXPECT_TRUE(site.wait_until([&] { return a.told("shard 1: replayed ") > 0; }));
  ASSERT_TRUE(c);
  EXPECT_FALSE(a.service.ready());
  EXPECT_EQ(site.owners(1), std::vector<std::string>{"b"});
  b.log.resume();
  EXPECT_TRUE(site.wait_until([&] {
    return site.shares() == Shares{{"a", 1}, {"b", 1}} && a.service.ready();
  }));
  EXPECT_EQ(a.told("shard 1: uses no snapshot"), 1);
  site.append(400);
  EXPECT_TRUE(site.wait_until([&] { return site.all_committed(); }));
  for (Process* process : {&a, &b, c.get()}) {
    process->service.ask_to_stop();
    process->service.join();
    EXPECT_EQ(process->service.why(), StopReason::none) << process->service.reason();
    site.expect_equal(process->service);
  }
  site.expect_all_once();
}

TEST(Group, ARecoveryOfAShardAssignedElsewhereIsGivenUp) {
  Site site(4, kNoSnapshots);
  site.append(400);
  Process b(site, "b", kNoSnapshots);
  EXPECT_TRUE(site.wait_until([&] { return site.all_committed(); }));
  std::unique_ptr<Process> c;
  Process a(site, "a", kNoSnapshots, [&](Process&, const std::string& text) {
    if (c || !text.starts_with("shard 3: ") || !text.ends_with("epochs to replay")) return;
    c = std::make_unique<Process>(site, "c", kNoSnapshots);
    while (c->log.polls() == 0) std::this_thread::yield();
    std::this_thread::sleep_for(kAskedAgain);
  });
  EXPECT_TRUE(site.wait_until([&] {
    return site.shares() == Shares{{"a", 1}, {"b", 2}, {"c", 1}} && a.service.ready();
  }));
  ASSERT_TRUE(c);
  EXPECT_EQ(site.owners(3), (std::vector<std::string>{"b", "c"}));
  site.append(400);
  EXPECT_TRUE(site.wait_until([&] { return site.all_committed(); }));
  for (Process* process : {&a, &b, c.get()}) {
    process->service.ask_to_stop();
    process->service.join();
    EXPECT_EQ(process->service.why(), StopReason::none) << process->service.reason();
  }
  site.expect_all_once();
}

TEST(Group, AMemberWithoutShardsIsReadyAndAlive) {
  Site site(1);
  Process a(site, "a");
  Process b(site, "b");
  EXPECT_TRUE(site.wait_until([&] { return a.service.ready() && b.service.ready(); }));
  EXPECT_TRUE(a.service.alive());
  EXPECT_TRUE(b.service.alive());
  const Shares shares = site.shares();
  ASSERT_EQ(shares.size(), 1U);
  EXPECT_EQ(shares.begin()->second, 1);
  b.log.pause();  // a process that hangs where it waits for its lease
  EXPECT_TRUE(b.service.ready());
  b.log.resume();
}

TEST(Group, DuplicateInstanceStopsTheOlderWithTheWayOut) {
  Site site(2);
  Process older(site, "older", {{"engine.instance", "x"}});
  EXPECT_TRUE(site.wait_until([&] { return older.service.ready(); }));
  Process newer(site, "newer", {{"engine.instance", "x"}});
  older.service.join();
  EXPECT_EQ(older.service.why(), StopReason::fenced);
  EXPECT_EQ(older.service.reason(),
            "another member of weir.diamond has joined as x-0. Two processes have the same "
            "engine.instance: give each its own");
  EXPECT_FALSE(older.service.ready());
  EXPECT_TRUE(site.wait_until([&] { return site.shares() == Shares{{"newer", 2}}; }));
}

TEST(Group, DuplicateInstanceStopsTheOlderEvenDuringRecovery) {
  Site site(1, kNoSnapshots);
  site.append(100);
  {
    RunningShard before(*site.pipeline, site.layout, site.cluster.world(), site.nowhere.path());
    before.recover();
    EXPECT_TRUE(before.work_until([&] { return site.all_committed(); }));
  }
  Process older(site, "older", kNoSnapshots, [](Process& self, const std::string& text) {
    if (!text.ends_with("epochs to replay")) return;
    self.log.fence_once();
    std::this_thread::sleep_for(kAskedAgain);
  });
  EXPECT_TRUE(site.wait_until([&] { return older.service.ended() || older.service.ready(); }));
  EXPECT_EQ(older.service.why(), StopReason::fenced);
  EXPECT_EQ(older.service.reason(),
            "another member has joined as x. Two processes have the same engine.instance: give "
            "each its own");
  EXPECT_EQ(older.told("releasing the shard"), 0);
}

TEST(Group, TwoFixedServicesOfOneNameStopTheOlderWithTheWayOut) {
  Site site(2);
  site.append(200);
  const Set fixed = {{"engine.membership", "fixed"}};
  Process older(site, "older", fixed);
  EXPECT_TRUE(site.wait_until([&] { return site.all_committed(); }));
  Process newer(site, "newer", fixed);
  EXPECT_TRUE(site.wait_until([&] { return newer.service.ready(); }));
  site.append(200);
  older.service.join();
  EXPECT_EQ(older.service.why(), StopReason::fenced);
  EXPECT_NE(older.service.reason().find(
                ". Another weir runs this pipeline's shard under the same name: stop one of them "
                "(or use `membership: group`)"),
            std::string::npos)
      << older.service.reason();
  EXPECT_TRUE(site.wait_until([&] { return site.all_committed(); }));
  newer.service.ask_to_stop();
  newer.service.join();
  EXPECT_EQ(newer.service.why(), StopReason::none) << newer.service.reason();
  site.expect_equal(newer.service);
}

TEST(Group, AnOutsiderStopsTheServiceByTakingAShardThreeTimesNotOnce) {
  Site site(3);
  site.append(100);
  Process member(site, "member");
  EXPECT_TRUE(site.wait_until([&] { return site.all_committed(); }));
  const TemporaryFolder folder;
  const auto intrude = [&](std::uint32_t shard) {
    const std::size_t before = site.owners(shard).size();
    RunningShard outsider(*site.pipeline, site.layout, site.cluster.world(), folder.path(), shard);
    outsider.recover();
    site.append(60);
    EXPECT_TRUE(site.wait_until(
        [&] { return member.service.ended() || site.owners(shard).size() > before; }));
  };
  // All of its shards at once, as a process that was paused finds them: it takes them back.
  {
    std::vector<std::unique_ptr<RunningShard>> outsiders;
    for (std::uint32_t shard = 0; shard < 3; ++shard) {
      outsiders.push_back(std::make_unique<RunningShard>(
          *site.pipeline, site.layout, site.cluster.world(), folder.path(), shard));
      outsiders.back()->recover();
    }
    site.append(100);
    EXPECT_TRUE(site.wait_until([&] { return member.told("releasing the shard") == 3; }));
  }
  EXPECT_TRUE(site.wait_until([&] { return member.service.ready() && site.all_committed(); }));
  EXPECT_FALSE(member.service.ended());
  intrude(0);
  EXPECT_FALSE(member.service.ended());
  intrude(0);
  member.service.join();
  EXPECT_EQ(member.service.why(), StopReason::fenced);
  EXPECT_NE(member.service.reason().find("It was taken 3 times within 60 s: another program runs "
                                         "this pipeline outside its group weir.diamond; stop one "
                                         "of them"),
            std::string::npos)
      << member.service.reason();
}

}  // namespace
}  // namespace weir
