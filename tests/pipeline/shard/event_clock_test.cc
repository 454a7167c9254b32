#include "pipeline/shard/event_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "pipeline/core/state_visitors.h"

namespace weir {
namespace {

TEST(EventClock, HasNoTimeBeforeEveryPartitionHasARow) {
  EventClock clock({0, 0});
  EXPECT_EQ(clock.watermark(), kNoTime);
  clock.row(0, 100);
  EXPECT_EQ(clock.watermark(), kNoTime);
  clock.row(1, 40);
  EXPECT_EQ(clock.watermark(), 40);
}

TEST(EventClock, IsTheLeastOfThePartitionsHighestTimesLessTheirLateness) {
  EventClock clock({10, 0});
  clock.row(0, 100);
  clock.row(1, 95);
  EXPECT_EQ(clock.watermark(), 90);
  clock.row(0, 200);
  EXPECT_EQ(clock.watermark(), 95);
  clock.row(1, 300);
  EXPECT_EQ(clock.watermark(), 190);
}

TEST(EventClock, NeverGoesBackForALateRow) {
  EventClock clock({0});
  clock.row(0, 100);
  clock.row(0, 50);
  EXPECT_EQ(clock.watermark(), 100);
  EXPECT_EQ(clock.high(0), 100);
}

TEST(EventClock, AnIdlePartitionHoldsNothingBackUntilItsNextRow) {
  EventClock clock({0, 0});
  clock.row(0, 100);
  clock.row(1, 40);
  clock.idle(1);
  EXPECT_EQ(clock.watermark(), 100);
  EXPECT_FALSE(clock.all_idle());
  clock.row(1, 60);  // awake, and late: the clock stays
  EXPECT_FALSE(clock.is_idle(1));
  EXPECT_EQ(clock.watermark(), 100);
  clock.row(0, 500);
  EXPECT_EQ(clock.watermark(), 100) << "an awake partition holds it back";
  clock.row(1, 300);
  EXPECT_EQ(clock.watermark(), 300);
}

TEST(EventClock, IdlePartitionsInAnyOrderDoNotHoldItBack) {
  for (const std::size_t first : {0, 1}) {
    EventClock clock({10, 0, 0});
    clock.row(0, 100);
    clock.row(1, 40);
    clock.idle(first);
    clock.idle(1 - first);
    EXPECT_EQ(clock.watermark(), kNoTime) << "the third never had a row";
    clock.idle(2);
    EXPECT_TRUE(clock.all_idle());
    EXPECT_EQ(clock.watermark(), 90);
  }
}

TEST(EventClock, ATickSetsItAndOnlyLaterRowsMoveItOn) {
  EventClock clock({0});
  clock.row(0, 100);
  clock.idle(0);
  clock.tick(150);
  EXPECT_EQ(clock.watermark(), 150);
  clock.row(0, 120);
  EXPECT_EQ(clock.watermark(), 150);
  clock.row(0, 151);
  EXPECT_EQ(clock.watermark(), 151);
}

TEST(EventClock, AMergedTimeMovesEveryFileThatHasNotEnded) {
  EventClock clock({0, 5});
  clock.merged(100);
  EXPECT_EQ(clock.watermark(), 95);
  clock.idle(1);
  EXPECT_EQ(clock.watermark(), 100);
  clock.merged(120);
  EXPECT_EQ(clock.watermark(), 120);
  EXPECT_EQ(clock.high(1), 100);
}

/// The rules in their plainest form, all partitions looked at every time.
struct SlowClock {
  std::vector<std::int64_t> lateness, high;
  std::vector<bool> idle;
  std::int64_t watermark = kNoTime;

  std::int64_t reached(std::size_t i) const {
    return high[i] == kNoTime ? kNoTime : high[i] - lateness[i];
  }
  void advance() {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < high.size(); ++i)
      if (!idle[i]) least = std::min(least, reached(i));
    if (least == std::numeric_limits<std::int64_t>::max())  // all are idle
      for (std::size_t i = 0; i < high.size(); ++i)
        least = i == 0 ? reached(i) : std::max(least, reached(i));
    watermark = std::max(watermark, least);
  }
};

TEST(EventClock, AgreesWithTheRulesWrittenPlainlyOnRandomInput) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    const std::size_t lanes = 1 + random() % 4;
    SlowClock slow;
    for (std::size_t i = 0; i < lanes; ++i)
      slow.lateness.push_back(static_cast<std::int64_t>(random() % 3 * 20));
    slow.high.assign(lanes, kNoTime);
    slow.idle.assign(lanes, false);
    EventClock clock(slow.lateness);
    std::int64_t now = 0, before = kNoTime;
    for (int i = 0; i < 300; ++i) {
      const std::size_t lane = random() % lanes;
      now += static_cast<std::int64_t>(random() % 10);
      switch (random() % 8) {
        case 0:
          clock.idle(lane);
          slow.idle[lane] = true;
          break;
        case 1:
          if (!clock.all_idle()) break;
          slow.watermark = std::max(slow.watermark, now);
          clock.tick(slow.watermark);
          break;
        default: {
          const std::int64_t time = now - static_cast<std::int64_t>(random() % 60);
          clock.row(lane, time);
          slow.idle[lane] = false;
          slow.high[lane] = std::max(slow.high[lane], time);
        }
      }
      slow.advance();
      ASSERT_EQ(clock.watermark(), slow.watermark) << "seed " << seed << " step " << i;
      ASSERT_GE(clock.watermark(), before) << "seed " << seed << " step " << i;
      before = clock.watermark();
      if (i != 150) continue;
      std::string bytes;  // a restart in the middle changes nothing
      StateWriter writer(bytes);
      clock.state(writer);
      EventClock loaded(slow.lateness);
      StateReader reader(bytes);
      loaded.state(reader);
      clock = loaded;
    }
  }
}

TEST(EventClock, RefusesTheStateOfOtherPartitions) {
  EventClock two({0, 0});
  std::string bytes;
  StateWriter writer(bytes);
  two.state(writer);
  EventClock three({0, 0, 0});
  StateReader reader(bytes);
  EXPECT_THROW(three.state(reader), StateError);
}

}  // namespace
}  // namespace weir
