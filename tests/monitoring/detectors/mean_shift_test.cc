#include "monitoring/detectors/mean_shift.h"

#include <gtest/gtest.h>

#include <cmath>

#include "monitoring/statistics/welch.h"
#include "tests/monitoring/vectors_test.h"

namespace weir {
namespace {

/// Feeds `count` draws of about N(mean, 1); returns how many of them the detector judged `wanted`.
int feed(DriftDetector& detector, SplitMix64& random, double mean, int count, Drift wanted) {
  int judged = 0;
  for (int i = 0; i < count; ++i) {
    const Verdict verdict = detector.update(random.sum12() + mean);
    judged += verdict.tested && verdict.drift == wanted;
  }
  return judged;
}

TEST(MeanShift, StaysQuietOnAStationaryStream) {
  MeanShift detector({});
  SplitMix64 random(1);
  EXPECT_EQ(feed(detector, random, 0.0, 100'000, Drift::drift), 0);
}

TEST(MeanShift, DetectsOneSigmaShiftWithinTwoWindows) {
  MeanShift detector({.reference = 500, .window = 50});
  SplitMix64 random(2);
  feed(detector, random, 0.0, 525, Drift::stable);  // the shift arrives in mid-window
  EXPECT_EQ(feed(detector, random, 1.0, 100, Drift::drift), 1);
}

TEST(MeanShift, AcceptsTheNewRegimeAfterOneDetection) {
  MeanShift detector({});
  SplitMix64 random(3);
  feed(detector, random, 0.0, 1'000, Drift::stable);
  EXPECT_EQ(feed(detector, random, 3.0, 10'000, Drift::drift), 1);
}

TEST(MeanShift, WarnsBetweenTheTwoThresholds) {
  MeanShift detector({.reference = 2, .window = 2, .warning_t = 3, .drift_t = 5});
  for (const double value : {0.0, 1.0, 2.5}) EXPECT_FALSE(detector.update(value).tested);
  const Verdict verdict = detector.update(3.5);  // |3 - 0.5| / sqrt(0.25 + 0.25) = 3.54
  EXPECT_TRUE(verdict.tested);
  EXPECT_EQ(verdict.drift, Drift::warning);
  EXPECT_DOUBLE_EQ(verdict.statistic, 2.5 / std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(verdict.threshold, 5);
  EXPECT_NEAR(verdict.p_value, 0.0715, 1e-4);  // df 2: 1 - t / sqrt(2 + t^2)
  EXPECT_EQ(verdict.reference.count, 2u);
  EXPECT_DOUBLE_EQ(verdict.reference.mean, 0.5);
  EXPECT_DOUBLE_EQ(verdict.current.mean, 3);
}

TEST(MeanShift, SeesAConstantMove) {
  MeanShift detector({.reference = 10, .window = 5});
  for (int i = 0; i < 15; ++i) EXPECT_EQ(detector.update(7).drift, Drift::stable);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(detector.update(8).tested);
  const Verdict verdict = detector.update(8);
  EXPECT_EQ(verdict.drift, Drift::drift);
  EXPECT_EQ(verdict.statistic, HUGE_VAL);
  EXPECT_EQ(verdict.p_value, 0);
}

TEST(MeanShift, SlidingWindowIsTheLastValues) {
  MeanShift detector({.reference = 50, .window = 20, .every = 7, .warning_t = 90, .drift_t = 90});
  SplitMix64 random(7);
  std::vector<double> reference, seen;
  for (int i = 0; i < 50; ++i) reference.push_back(random.sum12());
  for (const double value : reference) detector.update(value);
  std::vector<std::size_t> tested;
  for (int i = 0; i < 50; ++i) {
    seen.push_back(random.sum12() + i / 10.0);
    const Verdict verdict = detector.update(seen.back());
    if (!verdict.tested) continue;
    tested.push_back(seen.size());
    const Moments window = moments_of({seen.end() - 20, seen.end()});
    EXPECT_NEAR(verdict.statistic, std::abs(welch_test(window, moments_of(reference)).t), 1e-9);
    EXPECT_NEAR(verdict.current.mean, window.mean(), 1e-12);
  }
  EXPECT_EQ(tested, (std::vector<std::size_t>{20, 27, 34, 41, 48}));
}

TEST(MeanShift, StartsOverAfterValuesWhoseSquaresOverflow) {
  MeanShift detector({.reference = 100, .window = 50});
  SplitMix64 random(6);
  for (int i = 0; i < 150; ++i) EXPECT_FALSE(detector.update(random.sum12() * 1e200).tested) << i;
  feed(detector, random, 0.0, 100, Drift::stable);
  EXPECT_EQ(feed(detector, random, 0.0, 50, Drift::stable), 1);
}

TEST(MeanShift, SigmaRuleNeverSeesAShiftBelowItsLimitHoweverLongTheWindow) {
  MeanShift blind({.reference = 20'000, .window = 20'000, .method = "sigma"});
  MeanShift welch({.reference = 20'000, .window = 20'000});
  SplitMix64 random(5), same(5);
  feed(blind, random, 0.0, 20'000, Drift::drift);
  feed(welch, same, 0.0, 20'000, Drift::drift);
  EXPECT_EQ(feed(blind, random, 0.5, 200'000, Drift::stable), 10);
  EXPECT_GT(feed(welch, same, 0.5, 200'000, Drift::drift), 0);
}

TEST(MeanShift, SigmaRuleMeasuresInDeviationsOfTheReference) {
  MeanShift detector({.reference = 2, .window = 2, .method = "sigma"});
  for (const double value : {0.0, 2.0, 2.0}) EXPECT_FALSE(detector.update(value).tested);
  const Verdict verdict = detector.update(3.0);  // |2.5 - 1| / sqrt(2)
  EXPECT_DOUBLE_EQ(verdict.statistic, 1.5 / std::sqrt(2.0));
  EXPECT_EQ(verdict.threshold, 1);
  EXPECT_EQ(verdict.drift, Drift::drift);
  EXPECT_TRUE(std::isnan(verdict.p_value));
}

TEST(MeanShift, SigmaRuleNeedsMoreThanItsLimit) {
  MeanShift detector(
      {.reference = 4, .window = 2, .method = "sigma", .warning_k = 0, .drift_k = 0});
  for (const double value : {1.0, -1.0, 1.0, -1.0, 0.0}) detector.update(value);
  EXPECT_EQ(detector.update(0.0).drift, Drift::stable);
}

}  // namespace
}  // namespace weir
