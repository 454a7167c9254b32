#include "pipeline/options/rough_duration.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(RoughDuration, IsInWholeUnitsOfWhichThereAreThree) {
  EXPECT_EQ(rough_duration(0), "0s");
  EXPECT_EQ(rough_duration(179'999), "179s");
  EXPECT_EQ(rough_duration(180'000), "3m");
  EXPECT_EQ(rough_duration(3 * 3'600'000 - 1), "179m");
  EXPECT_EQ(rough_duration(3 * 3'600'000), "3h");
  EXPECT_EQ(rough_duration(71 * 3'600'000 + 3'599'999), "71h");
  EXPECT_EQ(rough_duration(std::int64_t{95} * 3'600'000), "3d");
}

}  // namespace
}  // namespace weir
