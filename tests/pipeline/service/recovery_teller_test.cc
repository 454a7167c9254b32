#include "pipeline/service/recovery_teller.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::chrono::milliseconds;

constexpr RecoveryTeller::Time kBegin{milliseconds(50'000)};

TEST(RecoveryTeller, WithNothingToReplaySaysWhereItContinues) {
  RecoveryTeller teller;
  EXPECT_EQ(teller.next({.epoch = 7, .epochs = 7}, kBegin),
            "continues after epoch 7, nothing to replay");
}

TEST(RecoveryTeller, BeginsWithTheNumberOfEpochsAndEndsWithTheRate) {
  RecoveryTeller teller;
  EXPECT_EQ(teller.next({.epoch = 3, .epochs = 10, .to_replay = 70}, kBegin),
            "7 epochs to replay");
  EXPECT_EQ(teller.next({.epoch = 10,
                         .epochs = 10,
                         .rows = 500,
                         .seconds = 2,
                         .replayed = 70,
                         .to_replay = 70},
                        kBegin + milliseconds(1)),
            "replayed 500 rows up to epoch 10 of 10 (250 rows/s)");
}

TEST(RecoveryTeller, ReportsAtMostEveryTwoSecondsInBetween) {
  RecoveryTeller teller;
  ReplayProgress at{.epoch = 0, .epochs = 10, .to_replay = 100};
  EXPECT_TRUE(teller.next(at, kBegin));
  at.epoch = 1;
  at.rows = 100;
  at.seconds = 2;
  at.replayed = 25;
  EXPECT_EQ(teller.next(at, kBegin + milliseconds(1999)), std::nullopt);
  EXPECT_EQ(teller.next(at, kBegin + milliseconds(2000)),
            "replayed 100 rows up to epoch 1 of 10 (50 rows/s, 6 s left)");
  EXPECT_EQ(teller.next(at, kBegin + milliseconds(3999)), std::nullopt);
}

TEST(RecoveryTeller, EpochsWithoutRowsAreCountedDown) {
  RecoveryTeller teller;
  EXPECT_TRUE(teller.next({.epoch = 0, .epochs = 9}, kBegin));
  EXPECT_EQ(teller.next({.epoch = 4, .epochs = 9}, kBegin + milliseconds(2000)),
            "5 epochs to replay");
  EXPECT_EQ(teller.next({.epoch = 9, .epochs = 9}, kBegin + milliseconds(2001)),
            "0 epochs to replay");
}

}  // namespace
}  // namespace weir
