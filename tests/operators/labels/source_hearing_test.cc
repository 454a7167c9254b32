#include "operators/labels/source_hearing.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr std::int64_t kLongest = 100;

/// A source beside others that move the watermark.
struct Listened {
  void record(std::int64_t event_time, std::int64_t watermark = kNoTime) {
    source.pass(event_time, watermark, kLongest);
  }
  void time(std::int64_t watermark) { source.pass(kNoTime, watermark, kLongest); }
  SourceHearing source;
};

TEST(SourceHearing, IsUpToTheNewestRecordWhileTheSourceSpeaks) {
  Listened at;
  at.time(1'000);
  EXPECT_EQ(at.source.heard(), kNoTime);
  at.record(1'050, 1'040);
  EXPECT_EQ(at.source.heard(), 1'050);
  at.record(1'020, 1'040);
  EXPECT_EQ(at.source.heard(), 1'050);
  at.time(1'150);  // 100 after it: no longer than it may be
  EXPECT_FALSE(at.source.silent());
  at.record(1'145, 1'150);
  EXPECT_EQ(at.source.heard(), 1'145);
  EXPECT_EQ(at.source.silences(), 0u);
}

TEST(SourceHearing, StaysAtTheRecordBeforeASilenceUntilTheSourceHasSpokenForAsLong) {
  Listened at;
  at.record(1'000);
  at.time(1'101);
  EXPECT_TRUE(at.source.silent());
  EXPECT_EQ(at.source.came(), 1'000);
  at.time(5'000);
  at.record(5'000, 5'000);
  EXPECT_FALSE(at.source.silent());
  EXPECT_EQ(at.source.heard(), 1'000);
  at.record(5'060, 5'060);
  at.record(5'099, 5'099);
  EXPECT_EQ(at.source.heard(), 1'000);
  at.record(5'100, 5'100);
  EXPECT_EQ(at.source.heard(), 5'100);
  EXPECT_EQ(at.source.silences(), 1u);
}

TEST(SourceHearing, IsTheSameWhetherTheWatermarkOrTheNextRecordShowsTheSilence) {
  Listened seen, unseen;
  for (Listened* at : {&seen, &unseen}) at->record(1'000);
  seen.time(1'101);
  for (Listened* at : {&seen, &unseen}) {
    at->record(1'200);
    EXPECT_EQ(at->source.heard(), 1'000);
    at->record(1'300);
    EXPECT_EQ(at->source.heard(), 1'300);
    EXPECT_EQ(at->source.silences(), 1u);
  }
}

TEST(SourceHearing, IsOneRecordBehindWhereTheSourceSeldomSpeaks) {
  Listened at;
  at.record(1'000);
  at.record(1'500);
  EXPECT_EQ(at.source.heard(), 1'000);
  at.record(2'000);
  EXPECT_EQ(at.source.heard(), 1'500);
  at.time(2'101);
  EXPECT_EQ(at.source.heard(), 2'000);
}

// What was held up comes at once, in any order: its event times do not say that all is there.
TEST(SourceHearing, IsNotMovedByTheOrderInWhichHeldUpRecordsCome) {
  Listened at;
  at.record(1'000);
  at.time(9'000);
  for (const std::int64_t time : {4'000, 8'990, 1'200, 7'000, 8'999}) at.record(time, 9'000);
  EXPECT_EQ(at.source.heard(), 1'000);
  at.record(9'100, 9'100);
  EXPECT_EQ(at.source.heard(), 9'100);
}

TEST(SourceHearing, FollowsASourceWhoseTimesAreOldAsLongAsItSpeaks) {
  Listened at;
  at.time(9'000);
  for (std::int64_t i = 0; i < 50; ++i) at.record(1'000 + 50 * i, 9'050 + 50 * i);
  EXPECT_EQ(at.source.heard(), 3'450);
  EXPECT_EQ(at.source.silences(), 0u);
}

TEST(SourceHearing, CountsASilenceAtTheStart) {
  Listened at;
  at.time(1'000);
  at.time(1'101);
  EXPECT_TRUE(at.source.silent());
  at.record(1'500, 1'500);
  EXPECT_EQ(at.source.heard(), kNoTime);
  at.record(1'600, 1'600);
  EXPECT_EQ(at.source.heard(), 1'600);
}

}  // namespace
}  // namespace weir
