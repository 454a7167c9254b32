#include "monitoring/metrics/log_loss.h"

#include <gtest/gtest.h>

#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

TEST(LogLoss, IsTheMeanOfTheModelsLosses) {
  EXPECT_DOUBLE_EQ(value_of(make_log_loss(Task::binary, false),
                            {binary_outcome(1, 0.8), binary_outcome(0, 0.8)}),
                   -(std::log(0.8) + std::log(1 - 0.8)) / 2);
}

}  // namespace
}  // namespace weir
