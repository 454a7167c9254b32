#include "pipeline/service/fencing_policy.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::chrono::seconds;
using Time = FencingPolicy::Time;

constexpr Time kBegin{seconds(1000)};

TEST(FencingPolicy, AShardIsTriedAgainAfterThePauseUntilItWasTakenTooOften) {
  FencingPolicy policy({.most = 3, .within = seconds(60), .pause = seconds(3)});
  EXPECT_EQ(policy.judge(0, kBegin), kBegin + seconds(3));
  EXPECT_EQ(policy.judge(0, kBegin + seconds(10)), kBegin + seconds(13));
  EXPECT_EQ(policy.judge(0, kBegin + seconds(60)), std::nullopt);
}

TEST(FencingPolicy, FencingsLongAgoDoNotCount) {
  FencingPolicy policy({.most = 3, .within = seconds(60), .pause = seconds(3)});
  for (int i = 0; i < 10; ++i)
    EXPECT_NE(policy.judge(0, kBegin + i * seconds(31)), std::nullopt) << i;
}

TEST(FencingPolicy, EachShardCountsByItself) {
  FencingPolicy policy({.most = 2, .within = seconds(60), .pause = seconds(3)});
  for (std::uint32_t shard = 0; shard < 100; ++shard)
    EXPECT_NE(policy.judge(shard, kBegin), std::nullopt) << shard;
  EXPECT_EQ(policy.judge(7, kBegin), std::nullopt);
}

TEST(FencingPolicy, WithAMostOfOneTheFirstIsTooMany) {
  FencingPolicy policy({.most = 1});
  EXPECT_EQ(policy.judge(0, kBegin), std::nullopt);
}

}  // namespace
}  // namespace weir
