#include "pipeline/runner/shard_input.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/harness/file_shard.h"

namespace weir {
namespace {

using namespace engine_test;

struct Scene {
  FileShard files{12};
  PipelineInForce pipeline{*files.pipeline().graph, files.layout(), files.world(), {}};
  ShardInput input{pipeline, files.world(), files.signal()};
};

TEST(ShardInput, HasNoLaneUntilItIsOpen) {
  Scene scene;
  EXPECT_EQ(scene.input.size(), 0U);
  EXPECT_TRUE(scene.input.cursor().empty());
  EXPECT_FALSE(scene.input.has_commands());
  EXPECT_TRUE(scene.input.take_commands(10).empty());
  scene.input.open(FileShard::start());
  EXPECT_EQ(scene.input.size(), 1U);
  scene.input.close_lanes();
  EXPECT_EQ(scene.input.size(), 0U);
}

TEST(ShardInput, ItsCursorIsAfterTheRecordsTaken) {
  Scene scene;
  scene.input.open(FileShard::start());
  EXPECT_EQ(scene.input.last_time(0), kNoTime);
  scene.input.refill(10, scene.files.now());
  EXPECT_EQ(scene.input.cursor(), FileShard::start()) << "none is taken";
  EXPECT_EQ(scene.input.take(0, 4).size(), 4U);
  EXPECT_EQ(scene.input.cursor(), Cursor({{{"events", 0}, 4}}));
  EXPECT_EQ(scene.input.last_time(0), 3);
  EXPECT_FALSE(scene.input.at_end(0));
}

TEST(ShardInput, ContinuesWhereACursorSays) {
  Scene scene;
  scene.input.open(Cursor({{{"events", 0}, 9}}));
  scene.input.refill(10, scene.files.now());
  const auto records = scene.input.take(0, 10);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records.front().offset, 9);
  scene.input.refill(10, scene.files.now());
  EXPECT_TRUE(scene.input.at_end(0));
  EXPECT_TRUE(scene.input.still_at_end(0, scene.files.now()));
}

TEST(ShardInput, KnowsWhenTheLastRecordWasWrittenOnlyIfItIsReopened) {
  Scene scene;
  scene.input.open(FileShard::start());
  scene.input.refill(10, scene.files.now());
  scene.input.take(0, 4);
  scene.input.reopen(Cursor({{{"events", 0}, 8}}));
  EXPECT_EQ(scene.input.last_time(0), 3);
  EXPECT_EQ(scene.input.position(0), 8);
  scene.input.open(Cursor({{{"events", 0}, 8}}));
  EXPECT_EQ(scene.input.last_time(0), kNoTime);
}

TEST(ShardInput, CommandsAreOpenIfTheCursorHasThem) {
  Scene scene;
  Cursor at = FileShard::start();
  at.set(kControlSource, 0, 5);
  scene.input.open(at);
  EXPECT_EQ(scene.input.commands_position(), 5);
  EXPECT_EQ(scene.input.cursor(), at);
  scene.input.close_lanes();
  EXPECT_EQ(scene.input.commands_position(), 5) << "every pipeline of the name reads them";
  scene.input.open(FileShard::start());
  EXPECT_FALSE(scene.input.has_commands());
}

TEST(ShardInput, SaysWhichSourceItDoesNotRead) {
  Scene scene;
  scene.input.open(FileShard::start());
  EXPECT_EQ(scene.input.lane_of("events", 0), 0U);
  EXPECT_THROW(scene.input.lane_of("events", 1), std::runtime_error);
  EXPECT_THROW(scene.input.lane_of("labels", 0), std::runtime_error);
}

TEST(ShardInput, AFileBeginsAtItsFirstRow) {
  Scene scene;
  EXPECT_EQ(scene.input.starts(), FileShard::start());
}

}  // namespace
}  // namespace weir
