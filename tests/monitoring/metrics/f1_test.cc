#include "monitoring/metrics/f1.h"

#include <gtest/gtest.h>

#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

// Class 1 and 3 are never seen, class 4 is never found.
const std::vector<Outcome> kFive = {class_outcome(0, 0, 0.9), class_outcome(0, 2, 0.1),
                                    class_outcome(2, 2, 0.9), class_outcome(2, 2, 0.9),
                                    class_outcome(4, 0, 0.1)};

TEST(F1, OfClassesIsTheMeanOverTheClassesSeen) {
  EXPECT_DOUBLE_EQ(value_of(make_f1(Task::classes, false), kFive), (2.0 / 4 + 4.0 / 5 + 0) / 3);
}

TEST(F1, IsTheHarmonicMeanOfPrecisionAndRecallOfTrue) {
  // Precision 1/2, recall 1/3.
  EXPECT_DOUBLE_EQ(
      value_of(make_f1(Task::binary, false), {binary_outcome(1, 0.9), binary_outcome(0, 0.9),
                                              binary_outcome(1, 0.2), binary_outcome(1, 0.1)}),
      2.0 / (2 + 3));
}

TEST(F1, OfAPredictionOfNoClassIsZero) {
  EXPECT_EQ(value_of(make_f1(Task::classes, false), {class_outcome(1, -1, 0.2)}), 0);
}

}  // namespace
}  // namespace weir
