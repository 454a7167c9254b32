#include "monitoring/metrics/accuracy.h"

#include <gtest/gtest.h>

#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

TEST(Accuracy, IsTheShareOfRowsPredictedRight) {
  EXPECT_EQ(value_of(make_accuracy(Task::binary, false),
                     {binary_outcome(1, 0.8), binary_outcome(1, 0.2), binary_outcome(0, 0.2),
                      binary_outcome(0, 0.1)}),
            0.75);
}

TEST(Accuracy, CountsAPredictionOfNoClassAsWrong) {
  EXPECT_EQ(value_of(make_accuracy(Task::classes, false),
                     {class_outcome(1, -1, 0.2), class_outcome(1, 1, 0.8)}),
            0.5);
}

}  // namespace
}  // namespace weir
