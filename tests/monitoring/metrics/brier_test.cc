#include "monitoring/metrics/brier.h"

#include <gtest/gtest.h>

#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

TEST(Brier, IsTheMeanSquaredDistanceOfTheScoreFromTheLabel) {
  EXPECT_DOUBLE_EQ(
      value_of(make_brier(Task::binary, false), {binary_outcome(1, 0.75), binary_outcome(0, 0.5)}),
      (0.25 * 0.25 + 0.5 * 0.5) / 2);
}

TEST(Brier, GoesFromZeroForTheCertainAndRightToOneForTheCertainAndWrong) {
  EXPECT_EQ(value_of(make_brier(Task::binary, false), {binary_outcome(1, 1), binary_outcome(0, 0)}),
            0);
  EXPECT_EQ(value_of(make_brier(Task::binary, false), {binary_outcome(0, 1), binary_outcome(1, 0)}),
            1);
}

TEST(Brier, OfTheSameScoreForAllIsLeastAtTheShareOfTrue) {
  const auto of = [](double score) {
    return value_of(make_brier(Task::binary, false),
                    {binary_outcome(1, score), binary_outcome(0, score), binary_outcome(0, score),
                     binary_outcome(0, score)});
  };
  EXPECT_LT(of(0.25), of(0.24));
  EXPECT_LT(of(0.25), of(0.26));
}

}  // namespace
}  // namespace weir
