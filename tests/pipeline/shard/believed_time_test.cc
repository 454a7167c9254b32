#include "pipeline/shard/believed_time.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "pipeline/core/state_visitors.h"
#include "tests/harness/believed_clock.h"

namespace weir {
namespace {

using namespace engine_test;

TEST(BelievedTime, ARowWithinAheadMovesTheClockAtOnce) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart + i, i);
  EXPECT_EQ(clock.row(kStart + 9 + kHour, 1), kStart + 9 + kHour);
  EXPECT_EQ(clock.clock.watermark(), kStart + 9 + kHour);
  EXPECT_EQ(clock.row(kStart + 10 + 2 * kHour, 1), kStart + 9 + kHour) << "a millisecond too far";
  EXPECT_EQ(clock.clock.watermark(), kStart + 9 + kHour);
}

TEST(BelievedTime, TheClockBeginsWithTheTenthRow) {
  Clock clock;
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(clock.row(kStart + i * kMinute, i), kStart + i * kMinute);
    EXPECT_EQ(clock.clock.watermark(), kNoTime);
  }
  clock.row(kStart + 9 * kMinute, 9);
  EXPECT_EQ(clock.clock.watermark(), kStart + 9 * kMinute);
}

TEST(BelievedTime, TheClockBeginsWithFewerRowsOnceAllPartitionsOfTheSourceAreIdle) {
  Clock clock({{kHour, 10}}, {0, 0});
  clock.row(kStart, 1, 0);
  clock.row(kStart + kMinute, 1, 1);
  EXPECT_FALSE(clock.idle(0));
  EXPECT_EQ(clock.clock.watermark(), kNoTime);
  EXPECT_TRUE(clock.idle(1));
  EXPECT_TRUE(clock.clock.all_idle()) << "that it counts does not wake a partition";
  EXPECT_EQ(clock.clock.watermark(), kStart + kMinute);
}

TEST(BelievedTime, AWrongFirstRowOfAFewDoesNotBeginTheClock) {
  Clock clock;
  clock.row(kWrong, 1);
  clock.row(kStart, 2);
  EXPECT_TRUE(clock.idle(0));
  EXPECT_EQ(clock.clock.watermark(), kStart);
  EXPECT_EQ(clock.believed.in_doubt(0), 1U);
}

TEST(BelievedTime, AFewRowsOfASourceThatFallsIdleDoNotCarryTheOthersAway) {
  Clock clock({{kHour, 10}, {kHour, 10}});
  for (int i = 0; i < 20; ++i) clock.row(kStart + i, i, 0);
  EXPECT_EQ(clock.row(kWrong, 1, 1), kStart + 19);
  clock.idle(1);
  EXPECT_EQ(clock.believed.highest(), kStart + 19);
  EXPECT_EQ(clock.row(kStart + 20, 1, 0), kStart + 20);
  EXPECT_EQ(clock.clock.watermark(), kStart + 20);
}

TEST(BelievedTime, TenFarRowsOfThreeKeysAreBelieved) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart, i);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(clock.row(kStart + kDay + i, i % 3), kStart);
  EXPECT_EQ(clock.row(kStart + kDay + 9, 0), kStart + kDay + 9);
  EXPECT_EQ(clock.clock.watermark(), kStart + kDay + 9);
  EXPECT_EQ(clock.believed.counts(0).believed, 10U);
  EXPECT_EQ(clock.refused(), 0U);
}

TEST(BelievedTime, FarRowsOfTwoKeysAreNotUnlessTheSourceHasNoMore) {
  for (const int keys : {1, 2, 3}) {
    Clock clock;
    for (int i = 0; i < 10; ++i) clock.row(kStart, i % keys);
    for (int i = 0; i < 500; ++i) clock.row(kWrong + i, i % std::min(keys, 2));
    EXPECT_EQ(clock.believed.highest() < kWrong, keys == 3) << keys;
    clock.row(kWrong + 500, 2);
    EXPECT_GE(clock.believed.highest(), kWrong) << "the third key";
  }
}

TEST(BelievedTime, ARowThatIsNotFarStartsTheCountAgain) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart, i);
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 9; ++i) clock.row(kWrong, i);
    clock.row(kStart + round, 0);
  }
  EXPECT_EQ(clock.believed.highest(), kStart + 49);
  EXPECT_EQ(clock.refused(), 450U);
}

TEST(BelievedTime, TheClockMovesToTheLeastOfThemAndOnToThoseWithinReach) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart, i);
  for (int i = 0; i < 9; ++i)
    clock.row(i == 4 ? kWrong : kStart + kDay + i * kMinute, i);
  EXPECT_EQ(clock.row(kStart + kDay + 9 * kMinute, 9), kStart + kDay + 9 * kMinute);
  EXPECT_EQ(clock.believed.highest(), kStart + kDay + 9 * kMinute);
  EXPECT_EQ(clock.believed.counts(0).believed, 9U);
  EXPECT_EQ(clock.believed.in_doubt(0), 1U) << "the wrong one stays counted";
}

TEST(BelievedTime, ATickCounts) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart, i);
  clock.idle(0);
  clock.clock.tick(kStart + kDay);
  clock.believed.tick(kStart + kDay);
  EXPECT_EQ(clock.row(kStart + kDay + kMinute, 1), kStart + kDay + kMinute);
}

TEST(BelievedTime, APartitionOfWrongRowsDoesNotHoldTheOthersBack) {
  Clock clock({{kHour, 10}}, {0, 0});
  for (int i = 0; i < 100; ++i) {
    clock.row(kStart + i * kMinute, i % 7, 0);
    clock.row(kWrong, 7, 1);
  }
  EXPECT_EQ(clock.clock.watermark(), kStart + 99 * kMinute);
}

TEST(BelievedTime, ASourceBehindTheOthersStaysThereForAWrongRow) {
  Clock clock({{kHour, 10}, {kHour, 10}});
  for (int i = 0; i < 20; ++i) clock.row(kStart + kDay + i * kMinute, i, 1);
  for (int i = 0; i < 20; ++i) clock.row(kStart + i * kMinute, i, 0);
  for (int i = 0; i < 9; ++i)
    EXPECT_EQ(clock.row(kWrong, 7, 0), kStart + kDay + 19 * kMinute) << "its event time";
  EXPECT_EQ(clock.clock.watermark(), kStart + 19 * kMinute);
  clock.row(kStart + 20 * kMinute, 1, 0);
  EXPECT_EQ(clock.late, 0U);
}

TEST(BelievedTime, ASourceOfWrongRowsDoesNotHoldTheOthersBack) {
  Clock clock({{kHour, 10}, {kHour, 10}});
  for (int i = 0; i < 20; ++i) clock.row(kStart, i, 0);
  for (int i = 0; i < 100; ++i) {
    clock.row(kStart + i * kMinute, i, 1);
    clock.row(kWrong, 7, 0);
  }
  EXPECT_EQ(clock.clock.watermark(), kStart + 99 * kMinute);
}

TEST(BelievedTime, WithConfirmOneEveryRowMovesTheClock) {
  Clock clock({{kHour, 1}});
  EXPECT_EQ(clock.row(kStart, 1), kStart);
  EXPECT_EQ(clock.clock.watermark(), kStart);
  EXPECT_EQ(clock.row(kStart + kDay, 2), kStart + kDay);
  EXPECT_EQ(clock.row(kWrong, 1), kWrong);
  EXPECT_EQ(clock.clock.watermark(), kWrong);
}

TEST(BelievedTime, RefusesAStateThatIsNone) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart, i);
  for (int i = 0; i < 5; ++i) clock.row(kWrong, i);
  std::string bytes;
  StateWriter writer(bytes);
  clock.believed.state(writer);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Clock other;
    StateReader reader(std::string_view(bytes).substr(0, cut));
    EXPECT_THROW(other.believed.state(reader), StateError) << cut;
  }
}

}  // namespace
}  // namespace weir
