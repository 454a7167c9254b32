#include "models/learner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

using Messages = std::vector<std::string>;

TEST(Tasks, HoldThoseNamedAndNoOther) {
  constexpr Tasks tasks{Task::binary, Task::regression};
  EXPECT_TRUE(tasks.contains(Task::binary));
  EXPECT_FALSE(tasks.contains(Task::classes));
  EXPECT_TRUE(tasks.contains(Task::regression));
}

TEST(Unread, SaysOfEachTextWhichEncodersTheLearnerTakes) {
  const Columns columns{.named = {{"x", FeatureKind::number, 0},
                                  {"a", FeatureKind::text, 0},
                                  {"b", FeatureKind::text, 1}},
                        .numbers = 1};
  EXPECT_EQ(unread({.indicators = true}, columns),
            (Messages{"`a` is a text: put one_hot or ordinal before the learner",
                      "`b` is a text: put one_hot or ordinal before the learner"}));
  EXPECT_EQ(unread({}, columns).at(0), "`a` is a text: put ordinal before the learner");
  EXPECT_EQ(unread({.texts = true}, columns), Messages{});
}

TEST(Unread, SaysWhatToPutInThePlaceOfIndicators) {
  const Columns columns{.named = {}, .numbers = 1, .indicators = 101};
  EXPECT_EQ(unread({.indicators = true}, columns), Messages{});
  EXPECT_EQ(unread({.texts = true}, columns),
            Messages{"reads no indicator columns but texts itself: leave one_hot out"});
  EXPECT_EQ(unread({}, columns),
            Messages{"reads no indicator columns: put ordinal in the place of one_hot"});
}

}  // namespace
}  // namespace weir
