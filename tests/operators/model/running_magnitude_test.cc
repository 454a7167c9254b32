#include "operators/model/running_magnitude.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "pipeline/core/splitmix64.h"
#include "pipeline/core/state_visitors.h"

namespace weir {
namespace {

/// One that has seen `count` normal numbers of deviation 1.
RunningMagnitude settled(int count = 1'000) {
  RunningMagnitude column;
  SplitMix64 random(1);
  for (int i = 0; i < count; ++i) column.refuses(random.sum12());
  return column;
}

double uniform(SplitMix64& random) {
  return (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53;
}

TEST(RunningMagnitude, RefusesFillValuesHoweverManyThereAre) {
  for (const double fill : {9.96921e36, 1.8446744073709552e19, -1e30, 1e7, -999'999.0}) {
    RunningMagnitude column = settled();
    SplitMix64 random(2);
    for (int i = 0; i < 10'000; ++i) {
      if (i % 3 == 0) {
        EXPECT_TRUE(column.refuses(fill)) << fill;
      }
      EXPECT_FALSE(column.refuses(random.sum12())) << fill;
    }
  }
}

TEST(RunningMagnitude, RefusesFillValuesFromTheFirstNumberOn) {
  for (const double fill : {9.96921e36, 1.8446744073709552e19, -1e30}) {
    RunningMagnitude none;
    EXPECT_TRUE(none.refuses(fill));
    RunningMagnitude one;
    EXPECT_FALSE(one.refuses(3));
    EXPECT_TRUE(one.refuses(fill));
    RunningMagnitude zeros;
    for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(zeros.refuses(0));
    EXPECT_TRUE(zeros.refuses(fill));
  }
}

TEST(RunningMagnitude, RefusesFewerThanOneIn10000ParetoValues) {
  for (const double exponent : {1.5, 1.0, 0.8}) {
    RunningMagnitude column;
    SplitMix64 random(3);
    int refused = 0;
    for (int i = 0; i < 1'000'000; ++i)
      refused += column.refuses(std::pow(uniform(random), -1 / exponent));
    EXPECT_LT(refused, 100) << exponent;
  }
}

TEST(RunningMagnitude, BelievesWhatItHasRefusedTenTimesInARow) {
  RunningMagnitude column = settled();
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(column.refuses(1e12));
  EXPECT_FALSE(column.refuses(0.5));  // starts the count again
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(column.refuses(1e12)) << i;
    EXPECT_FALSE(column.refuses(0));  // has no size
  }
  EXPECT_FALSE(column.refuses(1e12));
  EXPECT_FALSE(column.refuses(3e12));
  EXPECT_TRUE(column.refuses(1e18));
}

TEST(RunningMagnitude, FollowsAUnitThatGrowsAndOneThatShrinks) {
  RunningMagnitude column = settled(20'000);
  SplitMix64 random(4);
  int refused = 0;
  for (int i = 0; i < 2'000; ++i) refused += column.refuses(1e3 * random.sum12());
  EXPECT_LE(refused, 20);
  EXPECT_FALSE(column.far(1e5));
  for (int i = 0; i < 2'000; ++i) refused += column.refuses(1e-9 * random.sum12());
  EXPECT_TRUE(column.far(1));  // it has come down within ten numbers, not in 40,000
}

TEST(RunningMagnitude, GetsOverABurstThatItBelieved) {
  RunningMagnitude column = settled();
  for (int i = 0; i < 50; ++i) column.refuses(9.96921e36);
  EXPECT_FALSE(column.far(9.96921e36));
  SplitMix64 random(5);
  for (int i = 0; i < 10; ++i) column.refuses(random.sum12());
  EXPECT_TRUE(column.far(9.96921e36));
  EXPECT_FALSE(column.far(3));
}

TEST(RunningMagnitude, ContinuesTheSameFromItsState) {
  RunningMagnitude straight = settled(15), loaded;
  for (int i = 0; i < 6; ++i) straight.refuses(1e30);
  std::string bytes;
  StateWriter writer(bytes);
  straight.state(writer);
  StateReader reader(bytes);
  loaded.state(reader);
  for (const double x : {1e30, 1e30, 1e30, 1e30, 1e30, 2.0, 1e-9, 1e30})
    EXPECT_EQ(straight.refuses(x), loaded.refuses(x));
}

}  // namespace
}  // namespace weir
