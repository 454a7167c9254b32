#include "monitoring/metrics/recall.h"

#include <gtest/gtest.h>

#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

// Class 1 and 3 are never seen, class 4 is never found.
const std::vector<Outcome> kFive = {class_outcome(0, 0, 0.9), class_outcome(0, 2, 0.1),
                                    class_outcome(2, 2, 0.9), class_outcome(2, 2, 0.9),
                                    class_outcome(4, 0, 0.1)};

TEST(Recall, OfClassesIsTheMeanOverTheClassesSeen) {
  EXPECT_DOUBLE_EQ(value_of(make_recall(Task::classes, false), kFive), (1.0 / 2 + 1 + 0) / 3);
}

TEST(Recall, OfABinaryTaskIsThatOfTrue) {
  EXPECT_DOUBLE_EQ(
      value_of(make_recall(Task::binary, false), {binary_outcome(1, 0.9), binary_outcome(1, 0.2),
                                                  binary_outcome(1, 0.1), binary_outcome(0, 0.9)}),
      1.0 / 3);
}

TEST(Recall, OfAPredictionOfNoClassIsZero) {
  EXPECT_EQ(value_of(make_recall(Task::classes, false), {class_outcome(1, -1, 0.2)}), 0);
}

}  // namespace
}  // namespace weir
