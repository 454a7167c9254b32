#include "pipeline/runner/notices.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Level = Notice::Level;

TEST(Notices, AreTakenOnceInTheOrderInWhichTheyCame) {
  Notices notices;
  notices.warn("late");
  notices.info("begins");
  notices.error("gone");
  const std::vector<Notice> expected = {
      {Level::warning, "late"}, {Level::info, "begins"}, {Level::error, "gone"}};
  EXPECT_EQ(notices.all(), expected);
  EXPECT_EQ(notices.take(), expected);
  EXPECT_TRUE(notices.all().empty());
  notices.info("more");
  EXPECT_EQ(notices.take(), (std::vector<Notice>{{Level::info, "more"}}));
}

}  // namespace
}  // namespace weir
