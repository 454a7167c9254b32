#include "monitoring/metrics/mae.h"

#include <gtest/gtest.h>

#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

TEST(MeanAbsoluteError, IsTheMeanDistanceWhicheverSideItIsOn) {
  EXPECT_EQ(value_of(make_mae(Task::regression, false), {value_outcome(1, 4), value_outcome(3, 2)}),
            2);
}

}  // namespace
}  // namespace weir
