#include "monitoring/metrics/rmse.h"

#include <gtest/gtest.h>

#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

TEST(RootMeanSquaredError, IsTheRootOfTheMeanSquare) {
  EXPECT_DOUBLE_EQ(
      value_of(make_rmse(Task::regression, false), {value_outcome(1, 4), value_outcome(3, 2)}),
      std::sqrt(5.0));
}

TEST(RootMeanSquaredError, IsInfiniteWhereASquareIs) {
  EXPECT_TRUE(std::isinf(value_of(make_rmse(Task::regression, false), {value_outcome(1e300, 0)})));
}

}  // namespace
}  // namespace weir
