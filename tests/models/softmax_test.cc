#include "models/softmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace weir {
namespace {

TEST(Softmax, SharesOutProbabilityByTheExponentialOfTheScores) {
  std::vector<double> scores{0, std::log(3.0), -HUGE_VAL};
  softmax(scores, std::log(3.0));
  EXPECT_DOUBLE_EQ(scores[0], 0.25);
  EXPECT_DOUBLE_EQ(scores[1], 0.75);
  EXPECT_EQ(scores[2], 0);
}

TEST(Softmax, OverflowsForNoScore) {
  std::vector<double> scores{-1e308, 5'000, 5'000};
  softmax(scores, 5'000);
  EXPECT_EQ(scores, (std::vector<double>{0, 0.5, 0.5}));
}

TEST(Softmax, GivesNothingWhereNoClassHasAny) {
  std::vector<double> scores{-HUGE_VAL, -HUGE_VAL};
  softmax(scores, 0);
  EXPECT_EQ(scores, (std::vector<double>{0, 0}));
}

}  // namespace
}  // namespace weir
