#include "monitoring/sketches/sliding_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace weir {
namespace {

TEST(SlidingWindow, HoldsTheLastValuesAndGivesBackTheOldest) {
  SlidingWindow window(3, 1);
  for (const double value : {1.0, 2.0, 3.0}) EXPECT_FALSE(window.push(value).left);
  for (const double value : {4.0, 5.0, 6.0, 7.0, 8.0})
    EXPECT_EQ(window.push(value).left, value - 3);
  std::vector<double> values(window.values().begin(), window.values().end());
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, (std::vector<double>{6, 7, 8}));
}

TEST(SlidingWindow, IsTestedAsSoonAsItIsFullAgainAfterBeingCleared) {
  SlidingWindow window(4, 3);
  const auto tested = [&] {
    std::vector<int> at;
    for (int i = 1; i <= 8; ++i)
      if (window.push(i).test) at.push_back(i);
    return at;
  };
  EXPECT_EQ(tested(), (std::vector<int>{4, 7}));
  window.clear();  // one value after a test
  EXPECT_EQ(tested(), (std::vector<int>{4, 7}));
}

TEST(SlidingWindow, WithoutEveryIsTestedWhenFull) {
  SlidingWindow window(2, 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(window.push(1).test);
    EXPECT_TRUE(window.push(2).test);
    window.clear();
  }
}

}  // namespace
}  // namespace weir
