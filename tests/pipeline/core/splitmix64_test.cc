#include "pipeline/core/splitmix64.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(SplitMix64, GivesThePublishedSequence) {
  SplitMix64 random(1);
  EXPECT_EQ(random.next(), 10451216379200822465u);
  EXPECT_EQ(random.next(), 13757245211066428519u);
  EXPECT_EQ(random.next(), 17911839290282890590u);
}

}  // namespace
}  // namespace weir
