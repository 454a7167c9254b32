#include "pipeline/snapshots/snapshot_topic.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/pipeline/snapshots/snapshot_world.h"

namespace weir {
namespace {

using namespace snapshots_test;

TEST(SnapshotStore, ATopicThatIsNotThereOrEmptyHoldsNothing) {
  SnapshotWorld world;
  EXPECT_TRUE(SnapshotStore(world.settings()).list().empty());
  SnapshotStore::Settings settings = world.settings();
  settings.pipeline = "other";
  EXPECT_TRUE(SnapshotStore(settings).list().empty());
}

TEST(SnapshotStore, SendsALargeSnapshotInSmallRecordsAndTransactions) {
  SnapshotWorld world;
  const Snapshot large = make_snapshot(1, {SealedBytes(noise(1, 5'000'000))}, 30'000'000);
  int commits = 0;
  world.fault = [&](const Call& call) {
    commits += call.kind == Call::Kind::commit && call.after;
    return Fault::none;
  };
  SnapshotStore(world.settings()).publish(large);
  for (const auto& [key, size] : world.records()) EXPECT_LT(size, 900'000U) << key;
  EXPECT_EQ(world.records().back().first, "manifest");
  EXPECT_GE(commits, 4);
  fs::remove_all(world.folder.path() / "shard-1");
  SnapshotStore store(world.settings());
  EXPECT_TRUE(equal(store.load(store.list().at(0)), large));
}

TEST(SnapshotStore, TheTopicHoldsNoMoreThanItsGenerations) {
  SnapshotWorld world;
  SnapshotStore store(world.settings());
  for (std::uint64_t epoch = 1; epoch <= 50; ++epoch)
    store.publish(make_snapshot(epoch, {SealedBytes(noise(epoch, 10'000))}, 50'000));
  EXPECT_LT(world.topic_bytes(), 4 * 62'000U);
  EXPECT_EQ(epochs(SnapshotStore(world.settings()).list()),
            (std::vector<std::uint64_t>{50, 50, 49, 49, 48, 48}));
}

TEST(SnapshotStore, ATopicThatCannotBeReachedIsNotTakenForEmpty) {
  SnapshotWorld world;
  SnapshotStore(world.settings()).publish(make_snapshot(1));
  world.fault = [&](const Call& call) {
    if (call.kind == Call::Kind::offsets)
      throw LogFailure(LogFailure::Kind::unreachable, "the broker is away");
    return Fault::none;
  };
  try {
    SnapshotStore(world.settings()).list();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const LogFailure& failure) {
    EXPECT_EQ(failure.kind, LogFailure::Kind::unreachable);
  }
  world.fault = nullptr;
  EXPECT_EQ(SnapshotStore(world.settings()).list().size(), 2U);
}

TEST(SnapshotStore, GoesOnWithoutTheLogAndSendsWhatIsMissingLater) {
  SnapshotWorld world;
  SnapshotStore store(world.settings());
  const std::vector<SealedBytes> parts{SealedBytes(noise(1, 9'000'000)),
                                       SealedBytes(noise(2, 9'000'000))};
  int commits = 0;
  world.fault = [&](const Call& call) {
    if (call.kind == Call::Kind::commit && !call.after && ++commits == 2)
      throw LogFailure(LogFailure::Kind::unreachable, "the broker is away");
    return Fault::none;
  };
  store.publish(make_snapshot(1, parts));
  EXPECT_EQ(store.report().disk.written, 1U);
  EXPECT_EQ(store.report().topic.failed, 1U);
  EXPECT_EQ(store.report().topic.last_error, "the broker is away");
  EXPECT_FALSE(store.oldest_in_topic());
  store.publish(make_snapshot(2, parts));
  EXPECT_EQ(store.report().topic.written, 1U);
  fs::remove_all(world.folder.path() / "shard-1");
  SnapshotStore next(world.settings());
  const auto there = next.list();
  ASSERT_EQ(epochs(there), std::vector<std::uint64_t>{2});
  EXPECT_TRUE(equal(next.load(there[0]), make_snapshot(2, parts)));
}

TEST(SnapshotStore, AnyCommitLostOrUnansweredLeavesWholeSnapshotsInTheTopic) {
  const std::vector<SealedBytes> parts{SealedBytes(noise(1, 9'000'000)),
                                       SealedBytes(noise(2, 1'000'000))};
  for (const Fault fault : {Fault::request_lost, Fault::answer_lost})
    for (int lost = 1; lost <= 6; ++lost) {
      SnapshotWorld world;
      SnapshotStore store(world.settings());
      int commits = 0;
      world.fault = [&](const Call& call) {
        if (call.kind != Call::Kind::commit || call.after) return Fault::none;
        return ++commits == lost ? fault : Fault::none;
      };
      for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
        std::vector<SealedBytes> some = parts;
        if (epoch > 2) some.emplace_back(noise(epoch, 1'000'000));
        store.publish(make_snapshot(epoch, some));
      }
      EXPECT_EQ(store.report().topic.failed, 1U) << lost;
      fs::remove_all(world.folder.path() / "shard-1");
      SnapshotStore next(world.settings());
      const auto there = next.list();
      ASSERT_GE(there.size(), 3U) << lost;
      for (const auto& one : there) EXPECT_EQ(next.load(one).epoch, one.epoch) << lost;
    }
}

TEST(SnapshotStore, AnotherOwnerStopsTheFirstFromSending) {
  SnapshotWorld world;
  SnapshotStore first(world.settings());
  first.publish(make_snapshot(1));
  SnapshotStore::Settings settings = world.settings();
  settings.folder = world.folder.path() / "other";
  SnapshotStore second(settings);
  second.publish(make_snapshot(2));
  first.publish(make_snapshot(3));
  EXPECT_TRUE(first.report().fenced);
  EXPECT_EQ(first.report().disk.written, 2U);
  first.publish(make_snapshot(4));
  EXPECT_EQ(first.report().topic.failed, 1U);
  second.publish(make_snapshot(5));
  EXPECT_EQ(epochs(SnapshotStore(settings).list()), (std::vector<std::uint64_t>{5, 5, 2, 2, 1}));
}

TEST(SnapshotStore, ASnapshotHalfSentByOneThatDiedTakesNoRoomForLong) {
  SnapshotWorld world;
  {
    SnapshotStore store(world.settings());
    store.publish(make_snapshot(1));
    int commits = 0;
    world.fault = [&](const Call& call) {
      return call.kind == Call::Kind::commit && !call.after && ++commits > 1 ? Fault::request_lost
                                                                             : Fault::none;
    };
    store.publish(make_snapshot(2, {SealedBytes(noise(1, 20'000'000))}));
    EXPECT_EQ(store.report().topic.failed, 1U);
    world.fault = nullptr;
  }
  SnapshotStore store(world.settings());
  for (std::uint64_t epoch = 3; epoch <= 6; ++epoch) store.publish(make_snapshot(epoch));
  std::map<std::string, std::size_t> last;
  for (const auto& [key, size] : world.records()) last[key] = size;
  int dead = 0;
  for (const auto& [key, size] : last) {
    if (!key.starts_with("segment/")) continue;
    EXPECT_EQ(size, 0U) << key;
    ++dead;
  }
  EXPECT_GT(dead, 10);
}

TEST(SnapshotStore, SendsToTheTopicNoMoreOftenThanAskedButForTheLast) {
  SnapshotWorld world;
  SnapshotStore::Settings settings = world.settings();
  auto now = std::chrono::steady_clock::time_point();
  settings.now = [&] { return now; };
  settings.topic_every = std::chrono::minutes(5);
  SnapshotStore store(settings);
  for (std::uint64_t epoch = 1; epoch <= 12; ++epoch, now += std::chrono::minutes(1))
    store.publish(make_snapshot(epoch));
  EXPECT_EQ(store.report().disk.written, 12U);
  EXPECT_EQ(store.report().topic.written, 3U);
  store.publish(make_snapshot(13), true);
  EXPECT_EQ(store.report().topic.written, 4U);
  EXPECT_EQ(store.list().at(1).epoch, 13U);
}

}  // namespace
}  // namespace weir
