#include "monitoring/sketches/moments.h"

#include <gtest/gtest.h>

#include <cmath>

namespace weir {
namespace {

TEST(Moments, KeepTheVarianceAtMeansOfABillion) {
  Moments moments;
  for (int i = 0; i < 1'000; ++i) moments.add(1e9 + i % 2);
  EXPECT_NEAR(moments.mean(), 1e9 + 0.5, 1e-6);
  EXPECT_NEAR(moments.variance(), 0.25 * 1'000 / 999, 1e-9);
}

TEST(Moments, HaveNoVarianceBelowTwoValues) {
  Moments moments;
  EXPECT_TRUE(std::isnan(moments.variance()));
  moments.add(7);
  EXPECT_EQ(moments.mean(), 7);
  EXPECT_TRUE(std::isnan(moments.variance()));
  moments.add(9);
  EXPECT_EQ(moments.variance(), 2);
}

TEST(Moments, KnowTheDistanceOfTwoMeansToTheLastDigitOfTheValues) {
  Moments x, y;
  for (int i = 0; i < 3; ++i) {
    x.add(1e15 + i);
    y.add(1e15 + i + 0.125);
  }
  EXPECT_EQ(mean_difference(y, x), 0.125);
}

}  // namespace
}  // namespace weir
