#include "deploy/weir/label_silences.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

MetricSamples reading(double seconds, double held, const char* shard = "0") {
  MetricSamples samples;
  samples.with({{"shard", shard}, {"operator", "fraud"}});
  samples(metric::labels_silence_seconds, seconds);
  samples(metric::labels_held, held);
  return samples;
}

TEST(LabelSilences, AreReportedOnceWhenTheyBeginAndOnceWhenTheyEnd) {
  LabelSilences silences;
  EXPECT_TRUE(silences.next(reading(0, 3)).empty());
  const auto begun = silences.next(reading(7'200.5, 12));
  ASSERT_EQ(begun.size(), 1u);
  EXPECT_EQ(begun[0].level, Notice::Level::warning);
  EXPECT_EQ(begun[0].text,
            "fraud, shard 0: no label has come for 120m of event time: 12 rows that are due are "
            "held, and are not learned before labels come again");
  EXPECT_TRUE(silences.next(reading(9'000, 40)).empty());
  const auto ended = silences.next(reading(0, 40));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0], (Notice{Notice::Level::info, "fraud, shard 0: labels come again"}));
  EXPECT_EQ(silences.next(reading(7'200, 1)).size(), 1u);
}

TEST(LabelSilences, AreThoseOfEachShard) {
  LabelSilences silences;
  MetricSamples both = reading(0, 0);
  both.append(reading(3'600, 5, "1"));
  const auto begun = silences.next(both);
  ASSERT_EQ(begun.size(), 1u);
  EXPECT_TRUE(begun[0].text.starts_with("fraud, shard 1: no label has come for 60m"))
      << begun[0].text;
}

}  // namespace
}  // namespace weir
