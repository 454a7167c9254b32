#include "pipeline/snapshots/snapshot_store.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/pipeline/snapshots/snapshot_world.h"

namespace weir {
namespace {

using namespace snapshots_test;

TEST(SnapshotStore, FindsWhatItPublishedInBothPlacesNewestFirst) {
  SnapshotWorld world;
  {
    SnapshotStore store(world.settings());
    for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) store.publish(make_snapshot(epoch));
    EXPECT_EQ(store.report().disk.written, 5U);
    EXPECT_EQ(store.report().topic.written, 5U);
    EXPECT_EQ(store.oldest_in_topic()->epoch, 3U);
  }
  SnapshotStore store(world.settings());
  const auto there = store.list();
  EXPECT_EQ(epochs(there), (std::vector<std::uint64_t>{5, 5, 4, 4, 3, 3}));
  for (std::size_t i = 0; i < there.size(); ++i) {
    EXPECT_EQ(there[i].file.empty(), i % 2 == 1);
    EXPECT_TRUE(equal(store.load(there[i]), make_snapshot(there[i].epoch)));
  }
  EXPECT_EQ(store.oldest_in_topic()->log_position, 6);
}

TEST(SnapshotStore, WritesAndSendsASealedPartOnce) {
  SnapshotWorld world;
  const SealedBytes part(noise(1, 2'000'000));
  SnapshotStore store(world.settings());
  store.publish(make_snapshot(1, {part}));
  const std::size_t first = store.report().topic.bytes;
  EXPECT_GT(first, 2'000'000U);
  const auto files = segment_files(world);
  ASSERT_EQ(files.size(), 1U);
  const auto written = fs::last_write_time(files[0]);
  for (std::uint64_t epoch = 2; epoch <= 9; ++epoch) {
    store.publish(make_snapshot(epoch, {part}));
    EXPECT_LT(store.report().topic.bytes, 5'000U);
  }
  EXPECT_EQ(fs::last_write_time(segment_files(world).at(0)), written);
  SnapshotStore next(world.settings());
  next.publish(make_snapshot(10, {part}));
  EXPECT_LT(next.report().topic.bytes, 5'000U);
  EXPECT_EQ(next.report().segments, 1U);
  EXPECT_EQ(next.report().segment_bytes, 2'000'000U);
}

TEST(SnapshotStore, ExchangesASealedPartForItsFileOnceWritten) {
  SnapshotWorld world;
  SnapshotStore store(world.settings());
  SealedBytes part(noise(1, 100'000));
  store.sealed().settle(part);
  EXPECT_FALSE(part.on_disk());
  store.publish(make_snapshot(1, {part}));
  SealedBytes copy = part;
  store.sealed().settle(part);
  EXPECT_TRUE(part.on_disk());
  EXPECT_EQ(part.bytes(), copy.bytes());
  EXPECT_EQ(part.name(), copy.name());
}

TEST(SnapshotStore, RemovesSealedPartsThatNoSnapshotNames) {
  SnapshotWorld world;
  SnapshotStore store(world.settings());
  const auto part = [](std::uint64_t i) { return SealedBytes(noise(i, 2'000'000)); };
  for (std::uint64_t epoch = 1; epoch <= 8; ++epoch)
    store.publish(make_snapshot(epoch, {part(epoch), part(epoch + 1)}));
  EXPECT_EQ(segment_files(world).size(), 4U);  // of three snapshots, two each
  // What compaction would leave: the last record of each key.
  std::map<std::string, std::size_t> last;
  for (const auto& [key, size] : world.records()) last[key] = size;
  std::size_t left = 0;
  for (const auto& [key, size] : last) left += size;
  EXPECT_LT(left, 4 * 2'000'000U + 30'000U);
  EXPECT_GT(left, 4 * 1'900'000U);
  for (const auto& one : store.list()) EXPECT_EQ(store.load(one).epoch, one.epoch);
}

TEST(SnapshotStore, APartThatTheDiskLostIsTakenFromTheTopicAndWrittenAgain) {
  SnapshotWorld world;
  const std::vector<SealedBytes> parts{SealedBytes(noise(1, 2'000'000)),
                                       SealedBytes(noise(2, 1'000'000)),
                                       SealedBytes(std::string(3'000'000, 'x'))};
  SnapshotStore(world.settings()).publish(make_snapshot(1, {parts[0]}));
  SnapshotStore(world.settings()).publish(make_snapshot(2, parts));
  put(segment_files(world)[0], "damaged");
  fs::remove(segment_files(world)[1]);
  SnapshotStore store(world.settings());
  const auto there = store.list();
  const Snapshot loaded = store.load(there.at(0));
  EXPECT_TRUE(equal(loaded, make_snapshot(2, parts)));
  for (const SealedBytes& part : loaded.sections[1].sealed) EXPECT_TRUE(part.on_disk());
  SnapshotStore without_topic(world.settings(false));
  EXPECT_TRUE(equal(without_topic.load(without_topic.list().at(0)), make_snapshot(2, parts)));
}

TEST(SnapshotStore, AMissingSealedPartMakesOnlyItsSnapshotUnusable) {
  SnapshotWorld world;
  {
    SnapshotStore store(world.settings(false));
    store.publish(make_snapshot(1, {SealedBytes("old")}));
    store.publish(make_snapshot(2, {SealedBytes("old"), SealedBytes("new")}));
  }
  fs::remove(world.folder.path() / "shard-1" / "segments" /
             (SealedBytes("new").name().text() + ".segment"));
  SnapshotStore store(world.settings());
  const auto there = store.list();
  EXPECT_THROW(store.load(there.at(0)), std::runtime_error);
  EXPECT_TRUE(equal(store.load(there.at(1)), make_snapshot(1, {SealedBytes("old")})));
}

TEST(SnapshotStore, GoesOnWithoutTheDiskAndWithItAgain) {
  SnapshotWorld world;
  put(world.folder.path() / "shard-1", "in the way");
  SnapshotStore store(world.settings());
  SealedBytes part(noise(1, 1'000));
  store.publish(make_snapshot(1, {part}));
  EXPECT_EQ(store.report().disk.failed, 1U);
  EXPECT_FALSE(store.report().disk.last_error.empty());
  EXPECT_EQ(store.report().topic.written, 1U);
  store.sealed().settle(part);
  EXPECT_FALSE(part.on_disk());
  fs::remove(world.folder.path() / "shard-1");
  store.publish(make_snapshot(2, {part}));
  EXPECT_EQ(store.report().disk.written, 1U);
  EXPECT_TRUE(store.report().disk.last_error.empty());
  store.sealed().settle(part);
  EXPECT_TRUE(part.on_disk());
}

TEST(SnapshotStore, RemovesWhatAProcessLeftThatWasKilledWithinAWrite) {
  SnapshotWorld world;
  const fs::path folder = world.folder.path() / "shard-1";
  SnapshotStore(world.settings()).publish(make_snapshot(1));
  put(folder / "00000000000000000007.snapshot.tmp", "the half of a sn");
  put(folder / "in-hand.tmp", "another's");
  SnapshotStore(world.settings()).publish(make_snapshot(8));
  EXPECT_FALSE(fs::exists(folder / "00000000000000000007.snapshot.tmp"));
  EXPECT_TRUE(fs::exists(folder / "in-hand.tmp"));
  EXPECT_EQ(list_snapshots(folder).size(), 2U);
}

TEST(SnapshotStore, AThreadWritesTheNewestThatWaitsAndFinishesAtTheEnd) {
  SnapshotWorld world;
  SnapshotStore::Settings settings = world.settings();
  settings.threads = true;
  {
    SnapshotStore store(settings);
    for (std::uint64_t epoch = 1; epoch <= 20; ++epoch) store.publish(make_snapshot(epoch));
    store.finish();
    EXPECT_EQ(store.list().at(0).epoch, 20U);
    store.publish(make_snapshot(21));
  }
  EXPECT_EQ(SnapshotStore(settings).list().at(0).epoch, 21U);
}

}  // namespace
}  // namespace weir
