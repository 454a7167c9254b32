#include "pipeline/runner/snapshot_taker.h"

#include <gtest/gtest.h>

#include "pipeline/runner/shard_machine.h"
#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/file_shard.h"

namespace weir {
namespace {

using namespace engine_test;
using std::chrono::milliseconds;

/// A shard whose snapshots go to disk; the topic cannot be reached.
struct Scene {
  Scene() {
    machine->open(FileShard::start());
    machine->shard().write_to(outputs);
    taker.begin(FileShard::start(), std::nullopt);
  }
  /// An epoch of some rows.
  void epoch(std::size_t rows) {
    read_rows(files, *machine, rows);
    machine->shard().flush();
    EpochRecord record;
    machine->chain().seal(record);
  }
  std::size_t on_disk() const { return list_snapshots(folder).size(); }

  FileShard files{40};
  Outbox outputs;
  std::unique_ptr<ShardMachine> machine = files.machine();
  std::filesystem::path folder = files.folder().path() / "shard-0";
  SnapshotTaker taker{{.folder = folder, .pipeline = "payments", .every = milliseconds(1000)},
                      files.world()};
};

TEST(SnapshotTaker, OneIsDueByTimeOrIfItIsForced) {
  Scene scene;
  EXPECT_FALSE(scene.taker.due(scene.files.now() + milliseconds(999)));
  EXPECT_TRUE(scene.taker.due(scene.files.now() + milliseconds(1000)));
  EXPECT_FALSE(scene.taker.forced());
  scene.taker.force();
  EXPECT_TRUE(scene.taker.due(scene.files.now()));
  scene.epoch(5);
  scene.taker.take(*scene.machine);
  EXPECT_FALSE(scene.taker.forced());
  EXPECT_FALSE(scene.taker.due(scene.files.now()));
}

TEST(SnapshotTaker, OneIsWrittenOnlyWhenItsEpochIsCommitted) {
  Scene scene;
  scene.epoch(1);
  scene.epoch(5);
  scene.taker.take_uncommitted(*scene.machine);
  EXPECT_EQ(scene.on_disk(), 0U);
  EXPECT_EQ(scene.taker.replay_base().cursor, FileShard::start());
  scene.taker.publish();
  ASSERT_EQ(scene.on_disk(), 1U);
  const Snapshot written = read_snapshot(list_snapshots(scene.folder)[0]);
  EXPECT_EQ(written.epoch, 1U);
  EXPECT_EQ(written.chain, scene.machine->chain().head());
  EXPECT_EQ(written.positions, scene.machine->input().cursor().entries());
  scene.taker.publish();  // nothing waits
  EXPECT_EQ(scene.on_disk(), 1U);
}

TEST(SnapshotTaker, AReplayBeginsWithTheNewestThatWasWritten) {
  Scene scene;
  EXPECT_EQ(scene.taker.replay_base().times, std::vector<std::int64_t>{kNoTime});
  scene.epoch(1);
  scene.epoch(5);
  scene.taker.take(*scene.machine);
  scene.taker.publish();
  scene.epoch(5);
  scene.taker.take(*scene.machine);
  EXPECT_EQ(scene.taker.replay_base().cursor, Cursor({{{"events", 0}, 6}})) << "not yet the third";
  EXPECT_EQ(scene.taker.replay_base().times, std::vector<std::int64_t>{5});
}

TEST(SnapshotTaker, AllIsKeptWhileNothingWasReadSinceTheBeginning) {
  Scene scene;
  scene.taker.begin(FileShard::start(), 3);
  scene.machine->chain().restart(3, 1, 0);
  EXPECT_TRUE(scene.taker.all_kept(*scene.machine));
  scene.epoch(5);
  EXPECT_FALSE(scene.taker.all_kept(*scene.machine));
  scene.taker.take(*scene.machine);
  scene.taker.publish();
  EXPECT_FALSE(scene.taker.all_kept(*scene.machine)) << "the topic does not have it";
}

TEST(SnapshotTaker, SaysWhyTheTopicHasNone) {
  Scene scene;
  EXPECT_EQ(scene.taker.error(), "");
  scene.epoch(5);
  scene.taker.take(*scene.machine);
  scene.taker.publish();
  EXPECT_NE(scene.taker.error(), "");
}

}  // namespace
}  // namespace weir
