#include "monitoring/metrics/r2.h"

#include <gtest/gtest.h>

#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

TEST(R2, IsTheShareOfTheVarianceExplained) {
  // Labels 1 2 6: mean 3, squares 14; errors 1 0 2.
  EXPECT_DOUBLE_EQ(value_of(make_r2(Task::regression, false),
                            {value_outcome(1, 2), value_outcome(2, 2), value_outcome(6, 4)}),
                   1 - 5.0 / 14);
}

TEST(R2, OfAConstantLabelIsOneOrZero) {
  const auto right = make_r2(Task::regression, false);
  const auto wrong = make_r2(Task::regression, false);
  for (int i = 0; i < 3; ++i) {
    right->add(value_outcome(2, 2));
    wrong->add(value_outcome(2, 2.5));
    EXPECT_EQ(std::isnan(right->value()), i == 0);
  }
  EXPECT_EQ(right->value(), 1);
  EXPECT_EQ(wrong->value(), 0);
}

}  // namespace
}  // namespace weir
