#include "monitoring/metrics/kappa.h"

#include <gtest/gtest.h>

#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

TEST(Kappa, IsAccuracyBeyondChance) {
  // Right 3 of 4; labels 2 : 2, predictions 1 : 3, so chance is 1/2 * 1/4 + 1/2 * 3/4.
  EXPECT_DOUBLE_EQ(value_of(make_kappa(Task::classes, false),
                            {class_outcome(0, 0, 0.9), class_outcome(0, 1, 0.1),
                             class_outcome(1, 1, 0.9), class_outcome(1, 1, 0.9)}),
                   (0.75 - 0.5) / (1 - 0.5));
}

TEST(Kappa, IsUndefinedWhereChanceIsAlwaysRight) {
  EXPECT_TRUE(std::isnan(value_of(make_kappa(Task::binary, false), {binary_outcome(1, 0.9)})));
}

}  // namespace
}  // namespace weir
