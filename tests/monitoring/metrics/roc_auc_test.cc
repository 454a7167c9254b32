#include "monitoring/metrics/roc_auc.h"

#include <gtest/gtest.h>

#include "pipeline/core/splitmix64.h"
#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

TEST(RocAuc, OfTheWholeRunIsExactToItsBins) {
  SplitMix64 random(1);
  const auto exact = make_roc_auc(Task::binary, false);
  const auto binned = make_roc_auc(Task::binary, true);
  for (int i = 0; i < 50'000; ++i) {
    const double label = random.u01() < 0.1 ? 1 : 0;
    const double score = std::clamp(0.5 + 0.1 * random.sum12() + 0.1 * label, 0.0, 1.0);
    exact->add(binary_outcome(label, score));
    binned->add(binary_outcome(label, score));
  }
  EXPECT_GT(exact->value(), 0.7);
  EXPECT_NEAR(binned->value(), exact->value(), 1e-5);
}

TEST(RocAuc, BinsHoldScoresOnTheirEdges) {
  const auto binned = make_roc_auc(Task::binary, true);
  for (const double score : {0.0, 1.0, 0.5, 1.0 - 0x1p-53}) {
    binned->add(binary_outcome(0, score));
    binned->add(binary_outcome(1, score));
  }
  EXPECT_DOUBLE_EQ(binned->value(), 0.5);
}

TEST(RocAuc, CountsTiesHalf) {
  const auto metric = make_roc_auc(Task::binary, false);
  for (int i = 0; i < 10; ++i) metric->add(binary_outcome(i % 2, 0.3));
  EXPECT_EQ(metric->value(), 0.5);
}

}  // namespace
}  // namespace weir
