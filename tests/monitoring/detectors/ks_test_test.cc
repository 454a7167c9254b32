#include "monitoring/detectors/ks_test.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "pipeline/core/state_visitors.h"
#include "tests/harness/read_options.h"
#include "tests/monitoring/vectors_test.h"

namespace weir {
namespace {

TEST(KsTest, VerdictsEqualTheTestOfTheTwoSamples) {
  KsTest detector({.reference = 200, .window = 100, .alpha = 1e-4});
  SplitMix64 random(1);
  std::vector<double> reference, window;
  for (int i = 0; i < 200; ++i) reference.push_back(random.sum12());
  for (const double value : reference) EXPECT_FALSE(detector.update(value).tested);
  for (int i = 0; i < 100; ++i) window.push_back(random.sum12() + 1);
  for (int i = 0; i < 99; ++i) EXPECT_FALSE(detector.update(window[i]).tested);
  const Verdict verdict = detector.update(window[99]);
  const KsResult wanted = ks_2samp(reference, window);
  EXPECT_TRUE(verdict.tested);
  EXPECT_EQ(verdict.drift, Drift::drift);
  EXPECT_DOUBLE_EQ(verdict.statistic, wanted.statistic);
  EXPECT_DOUBLE_EQ(verdict.p_value, wanted.p_value);
  EXPECT_LT(verdict.p_value, 1e-4);
  EXPECT_GT(verdict.statistic, verdict.threshold);
  EXPECT_NEAR(verdict.reference.mean, moments_of(reference).mean(), 1e-12);
  EXPECT_NEAR(verdict.current.mean, moments_of(window).mean(), 1e-12);
  EXPECT_EQ(verdict.reference.count, 200u);
  EXPECT_EQ(verdict.current.count, 100u);
}

TEST(KsTest, SeesAWiderSpreadWithTheSameMean) {
  KsTest detector({.reference = 1'000, .window = 500});
  SplitMix64 random(2);
  for (int i = 0; i < 2'000; ++i)
    EXPECT_NE(detector.update(random.sum12()).drift, Drift::drift) << i;
  int drifts = 0;
  for (int i = 0; i < 1'000; ++i)
    drifts += detector.update(2 * random.sum12()).drift == Drift::drift;
  EXPECT_EQ(drifts, 1);
}

TEST(KsTest, FalseAlarmsOnAStationaryStreamKeepToAlpha) {
  // 2,000 references of their own, one test each: at alpha 0.01 some 20 alarms are due, at most as
  // many as 20 and four deviations; the test of discrete distances alarms less than alpha.
  SplitMix64 random(3);
  int alarms = 0;
  int warnings = 0;
  for (int run = 0; run < 2'000; ++run) {
    KsTest detector({.reference = 100, .window = 60, .alpha = 0.01, .warning_alpha = 0.1});
    for (int i = 0; i < 160; ++i) {
      const Verdict verdict = detector.update(random.sum12());
      alarms += verdict.drift == Drift::drift;
      warnings += verdict.drift != Drift::stable;
    }
  }
  EXPECT_GE(alarms, 3);
  EXPECT_LE(alarms, 38);
  EXPECT_GE(warnings, 100);
  EXPECT_LE(warnings, 254);
}

TEST(KsTest, StaysQuietOnAStationaryStreamAndAcceptsANewRegime) {
  const auto drifts = [](KsTest detector, double mean, int shifted) {
    SplitMix64 random(17);
    int found = 0;
    for (int i = 0; i < 100'000; ++i)
      found += detector.update(random.sum12() + (i < shifted ? 0 : mean)).drift == Drift::drift;
    return found;
  };
  EXPECT_LE(drifts(KsTest({}), 0, 0), 1);             // one test a window at 1e-4
  EXPECT_LE(drifts(KsTest({.every = 1}), 0, 0), 10);  // 99,000 tests that depend on each other
  EXPECT_EQ(drifts(KsTest({.alpha = 1e-9}), 1, 1'725), 1);
  EXPECT_EQ(drifts(KsTest({.every = 1, .alpha = 1e-9}), 1, 1'725), 1);
}

TEST(KsTest, IsSilentUntilReferenceAndWindowAreFull) {
  KsTest detector({.reference = 30, .window = 20, .every = 1});
  for (int i = 0; i < 49; ++i) EXPECT_FALSE(detector.update(i % 2 == 0 ? 1e6 * i : -1).tested);
  EXPECT_TRUE(detector.update(0).tested);
}

TEST(KsTest, SlidingWindowTestsEveryValueAsTheTumblingOneWould) {
  KsTest sliding({.reference = 300, .window = 80, .every = 1, .alpha = 1e-9});
  SplitMix64 random(4);
  std::vector<double> reference, window;
  for (int i = 0; i < 300; ++i) reference.push_back(std::floor(random.sum12() * 10));
  for (const double value : reference) sliding.update(value);
  for (int i = 0; i < 400; ++i) {
    const double value = std::floor(random.sum12() * 10 + i / 100.0);
    window.push_back(value);
    if (window.size() > 80) window.erase(window.begin());
    const Verdict verdict = sliding.update(value);
    ASSERT_EQ(verdict.tested, window.size() == 80) << i;
    if (!verdict.tested) continue;
    ASSERT_DOUBLE_EQ(verdict.statistic, ks_2samp(reference, window).statistic) << i;
    ASSERT_NEAR(verdict.current.mean, moments_of(window).mean(), 1e-9) << i;
  }
}

TEST(KsTest, TestsAgainAfterEveryValuesAsked) {
  KsTest detector({.reference = 50, .window = 20, .every = 7});
  SplitMix64 random(5);
  std::vector<int> tested;
  for (int i = 0; i < 50 + 20 + 21; ++i)
    if (detector.update(random.sum12()).tested) tested.push_back(i - 50 + 1);
  EXPECT_EQ(tested, (std::vector<int>{20, 27, 34, 41}));
}

TEST(KsTest, GivesAPValueWheneverTheVerdictChanges) {
  KsTest detector({.reference = 500, .window = 100, .every = 1, .alpha = 1e-6});
  SplitMix64 random(6);
  Drift last = Drift::stable;
  int changes = 0;
  for (int i = 0; i < 3'000; ++i) {
    const double shift = i < 1'000 ? 0 : 1.5;
    const Verdict verdict = detector.update(random.sum12() + shift);
    if (!verdict.tested) continue;
    EXPECT_EQ(std::isfinite(verdict.p_value), verdict.drift != last) << i;
    if (verdict.drift == Drift::warning && last == Drift::stable) {
      EXPECT_LE(verdict.p_value, 1e-5);
      EXPECT_GT(verdict.p_value, 1e-6);
    }
    if (verdict.drift == Drift::drift) {
      EXPECT_LE(verdict.p_value, 1e-6);
    }
    changes += verdict.drift != last;
    last = verdict.drift;
  }
  EXPECT_GE(changes, 3);  // warning, drift, stable on the new reference
  EXPECT_EQ(last, Drift::stable);
}

TEST(KsTest, APValueOfExactlyAlphaIsADriftAndOfWarningAlphaAWarning) {
  const auto p = [](std::int64_t steps) {
    return ks_p_value(10, 10, steps, Alternative::two_sided, KsMethod::automatic);
  };
  const auto judge = [](double alpha, double warning_alpha) {
    KsTest detector(
        {.reference = 10, .window = 10, .alpha = alpha, .warning_alpha = warning_alpha});
    for (int i = 0; i < 19; ++i) detector.update(i < 10 ? i : i - 3);
    return detector.update(16);  // 0..9 against 7..16: D = 0.7
  };
  const Verdict drift = judge(p(7), 1);
  EXPECT_EQ(drift.drift, Drift::drift);
  EXPECT_EQ(drift.statistic, 0.7);
  EXPECT_EQ(drift.threshold, 0.7);
  EXPECT_EQ(drift.p_value, p(7));
  EXPECT_EQ(judge(p(8), p(7)).drift, Drift::warning);
  EXPECT_EQ(judge(p(9), p(8)).drift, Drift::stable);
}

TEST(KsTest, SaysSoWhenNoWindowOfThisSizeCanReachAlpha) {
  KsTest detector({.reference = 5, .window = 3, .alpha = 1e-12});
  for (int i = 0; i < 7; ++i) detector.update(0);
  const Verdict verdict = detector.update(0);
  EXPECT_TRUE(verdict.tested);
  EXPECT_GT(verdict.threshold, 1);
}

TEST(KsTest, MethodsDifferWhereTheSampleIsSmall) {
  const auto p = [](const char* method) {
    KsTest detector({.reference = 12, .window = 8, .alpha = 0.5, .method = method});
    double p_value = 0;
    for (int i = 0; i < 20; ++i) p_value = detector.update(i).p_value;
    return p_value;
  };
  EXPECT_DOUBLE_EQ(p("exact"), 2.0 / 125'970);  // two of C(20, 8) paths
  EXPECT_EQ(p("auto"), p("exact"));
  EXPECT_NE(p("asymptotic"), p("exact"));
}

TEST(KsTest, RefusesOptionsThatCostTooMuchOrExcludeEachOther) {
  const auto mistakes = [](std::string_view text) {
    KsTest::Options options;
    return read_options(text, [&](OptionVisitor& option) { options.describe(option); });
  };
  using Mistakes = std::vector<std::string>;
  EXPECT_EQ(mistakes("{reference: 10000, window: 10000, method: exact}"), Mistakes{});
  EXPECT_EQ(mistakes("{reference: 10000, window: 10001, method: exact}"),
            Mistakes{"`method`: an exact p-value costs reference times window, at most 100,000,000 "
                     "(auto uses the asymptotic one)"});
  EXPECT_EQ(mistakes("{alpha: 0.01, warning_alpha: 0.001}"),
            Mistakes{"`warning_alpha`: must be at least `alpha`, which is 0.01"});
  EXPECT_EQ(mistakes("method: exakt"),
            Mistakes{"`method` must be one of auto, exact, asymptotic, not `exakt`; did you mean "
                     "`exact`?"});
}

TEST(KsTest, RefusesAStateThatItsOptionsDoNotAllow) {
  KsTest large({.reference = 100, .window = 50});
  for (int i = 0; i < 120; ++i) large.update(i);
  std::string saved;
  StateWriter writer(saved);
  large.state(writer);
  KsTest small({.reference = 10, .window = 5});
  StateReader reader(saved);
  EXPECT_THROW(small.state(reader), StateError);
}

TEST(KsTest, RefusesAnAlphaThatNoPValueOfItsSizesReaches) {
  const auto mistakes = [](const std::string& yaml) {
    KsTest::Options options;
    return read_options(yaml, [&](OptionVisitor& option) { options.describe(option); });
  };
  const auto found = mistakes("{ reference: 20, window: 5, alpha: 1e-6 }");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("the smallest p-value of 20 against 5 values is 3.8e-05"),
            std::string::npos)
      << found[0];
  EXPECT_TRUE(mistakes("{ reference: 20, window: 5, alpha: 1e-4 }").empty());
  EXPECT_TRUE(mistakes("{ reference: 20, window: 20, alpha: 1e-6 }").empty());
  EXPECT_FALSE(mistakes("{ reference: 10000, window: 2, alpha: 1e-8 }").empty());
  EXPECT_TRUE(mistakes("{ reference: 5000, window: 1000, alpha: 1e-300 }").empty());
  EXPECT_TRUE(mistakes("{ reference: 10000, window: 10000, alpha: 1e-300 }").empty());
}

}  // namespace
}  // namespace weir
