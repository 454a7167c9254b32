#include "pipeline/runner/retention_watch.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/core/step.h"

namespace weir {
namespace {

constexpr std::int64_t kNow = 1'000'000;

/// A lane whose partition holds offsets 100 to 1099; a replay would begin at 600.
const LaneRetention kLane{
    .position = 700, .base = 600, .base_ms = kNow - 1000, .range = OffsetRange{100, 1100}};

struct Judged {
  Headroom room;
  bool snapshot = false;
};
Judged judge(const LaneRetention& lane, const Headroom& before = {}) {
  Judged judged;
  judged.room = headroom_of(lane, before, kNow, judged.snapshot);
  return judged;
}

TEST(RetentionWatch, CountsTheRecordsBeforeAReplay) {
  const Judged judged = judge(kLane);
  EXPECT_EQ(judged.room.records, 500);
  EXPECT_TRUE(std::isinf(judged.room.seconds)) << "records are kept for ever";
  EXPECT_FALSE(judged.snapshot);
}

TEST(RetentionWatch, WantsASnapshotWhenATenthOfTheRecordsIsLeft) {
  LaneRetention lane = kLane;
  lane.base = 200;
  EXPECT_FALSE(judge(lane).snapshot);
  lane.base = 199;
  EXPECT_TRUE(judge(lane).snapshot);
  lane.base = 90;
  EXPECT_TRUE(judge(lane).snapshot);
  EXPECT_EQ(judge(lane).room.records, -10) << "some is gone";
}

TEST(RetentionWatch, WantsASnapshotWhenHalfOfTheTimeIsLeft) {
  LaneRetention lane = kLane;
  lane.retention_ms = 10'000;
  lane.base_ms = kNow - 5'000;
  EXPECT_FALSE(judge(lane).snapshot);
  EXPECT_EQ(judge(lane).room.seconds, 5);
  lane.base_ms = kNow - 5'001;
  EXPECT_TRUE(judge(lane).snapshot);
  lane.base_ms = kNow - 12'000;
  EXPECT_EQ(judge(lane).room.seconds, -2);
  lane.base_ms = kNoTime;
  EXPECT_FALSE(judge(lane).snapshot);
  EXPECT_TRUE(std::isinf(judge(lane).room.seconds)) << "nobody knows how old it is";
}

TEST(RetentionWatch, NeedsNothingOfALaneThatHasNothingToReplay) {
  LaneRetention lane = kLane;
  lane.position = lane.base = 100;
  lane.retention_ms = 10;
  EXPECT_FALSE(judge(lane).snapshot);
  EXPECT_EQ(judge(lane).room.records, 0);
  EXPECT_TRUE(std::isinf(judge(lane).room.seconds));
}

TEST(RetentionWatch, KeepsTheRecordsItKnewWhileNobodyAnswers) {
  LaneRetention lane = kLane;
  lane.range.reset();
  EXPECT_EQ(judge(lane, Headroom{77}).room.records, 77);
  EXPECT_EQ(judge(lane).room.records, std::nullopt);
  EXPECT_FALSE(judge(lane, Headroom{1}).snapshot);
}

}  // namespace
}  // namespace weir
