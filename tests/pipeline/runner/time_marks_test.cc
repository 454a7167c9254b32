#include "pipeline/runner/time_marks.h"

#include <gtest/gtest.h>

#include "pipeline/runner/open_epoch.h"
#include "tests/harness/file_shard.h"

namespace weir {
namespace {

using namespace engine_test;
using std::chrono::milliseconds;
using Time = TickTimer::Clock::time_point;

const Time kStart{std::chrono::hours(1)};
const Time kFar = kStart + std::chrono::hours(9);

TEST(TickTimer, ATickMovesTheWatermarkByTheTimeThatPassedSinceItStoodStill) {
  TickTimer timer;
  Time deadline = kFar;
  EXPECT_EQ(timer.due(100, true, 350, kStart, deadline), std::nullopt);
  EXPECT_EQ(deadline, kStart + milliseconds(250));
  deadline = kFar;
  EXPECT_EQ(timer.due(100, true, 350, kStart + milliseconds(249), deadline), std::nullopt);
  EXPECT_EQ(timer.due(100, true, 350, kStart + milliseconds(260), deadline), 360);
}

TEST(TickTimer, CountsFromTheLastMoveOfTheWatermark) {
  TickTimer timer;
  Time deadline = kFar;
  timer.due(100, true, 350, kStart, deadline);
  EXPECT_EQ(timer.due(120, true, 350, kStart + milliseconds(300), deadline), std::nullopt);
  EXPECT_EQ(timer.due(120, true, 350, kStart + milliseconds(530), deadline), 350);
}

TEST(TickTimer, NoTimePassesBeforeTheFirstRowBesideABusyLaneOrWithoutATimer) {
  TickTimer timer;
  Time deadline = kFar;
  const Time later = kStart + std::chrono::hours(1);
  EXPECT_EQ(timer.due(kNoTime, true, 1, later, deadline), std::nullopt);
  EXPECT_EQ(timer.due(100, false, 1, later, deadline), std::nullopt);
  EXPECT_EQ(timer.due(100, true, std::nullopt, later, deadline), std::nullopt);
  EXPECT_EQ(deadline, kFar);
}

TEST(TickTimer, LooksAgainAfterASecondHoweverFarTheTimer) {
  TickTimer timer;
  Time deadline = kFar;
  timer.due(100, true, 1'000'000, kStart, deadline);
  EXPECT_EQ(deadline, kStart + milliseconds(1000));
}

TEST(TimeMarks, ALaneIsMarkedIdleOnceItsEndIsAsOldAsItsSourceSays) {
  FileShard scene(6);
  const auto machine = scene.machine();
  machine->open(FileShard::start());
  OpenEpoch epoch(0, milliseconds(100), 2);
  epoch.write_from(machine->shard());
  TimeMarks marks;
  Time deadline = kFar;
  ASSERT_EQ(read_rows(scene, *machine, 10), 6U);
  EXPECT_FALSE(marks.idle(*machine, epoch, scene.now(), deadline)) << "its end is not known";
  EXPECT_EQ(read_rows(scene, *machine, 10), 0U);
  EXPECT_FALSE(marks.idle(*machine, epoch, scene.now(), deadline));
  EXPECT_EQ(deadline, scene.now() + milliseconds(1000));
  scene.pass(milliseconds(1000));
  EXPECT_TRUE(marks.idle(*machine, epoch, scene.now(), deadline));
  EXPECT_TRUE(machine->shard().clock().is_idle(0));
  EXPECT_TRUE(epoch.begun());
  EXPECT_FALSE(marks.idle(*machine, epoch, scene.now(), deadline)) << "once";
  EpochChain chain;
  const Committer::Job job = epoch.close(machine->shard(), chain, false, scene.now());
  const EpochRecord record = EpochRecord::read(job.outbox->value(job.outbox->entries().back()), 0);
  EXPECT_EQ(record.marks, (std::vector<Mark>{{6, Mark::Kind::idle, 0, "events", 0}}));
}

}  // namespace
}  // namespace weir
