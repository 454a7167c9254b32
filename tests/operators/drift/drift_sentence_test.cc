#include "operators/drift/drift_sentence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace weir {
namespace {

using Texts = std::pair<std::string, std::string>;

TEST(ToldApart, ShowsTwoNumbersThatDifferAsTwoTextsThatDo) {
  EXPECT_EQ(told_apart(1'000'000.12, 1'000'000.57, 6), (Texts{"1,000,000.12", "1,000,000.57"}));
  EXPECT_EQ(told_apart(1'000'000, 1'000'001, 6), (Texts{"1,000,000", "1,000,001"}));
  EXPECT_EQ(told_apart(1e6, 2e6, 6), (Texts{"1,000,000", "2,000,000"}));
  EXPECT_EQ(told_apart(-1234.5678, -1234.5681, 6), (Texts{"-1,234.5678", "-1,234.5681"}));
  EXPECT_EQ(told_apart(0.1, std::nextafter(0.1, 1), 6),
            (Texts{"0.10000000000000001", "0.10000000000000002"}));
  EXPECT_EQ(told_apart(1.234567891e20, 1.234567899e20, 6),
            (Texts{"1.234567891e+20", "1.234567899e+20"}));
}

TEST(ToldApart, WritesNoMoreDigitsThanAReaderNeeds) {
  EXPECT_EQ(told_apart(0.0123456789, 4.0123456789, 6), (Texts{"0.0123457", "4.01235"}));
  EXPECT_EQ(told_apart(0.25, 0.25, 6), (Texts{"0.25", "0.25"}));
  EXPECT_EQ(told_apart(0, 5, 6), (Texts{"0", "5"}));
  EXPECT_EQ(told_apart(999, 123'456'789, 6), (Texts{"999", "123,456,789"}));
  EXPECT_EQ(told_apart(1e-7, 2e-7, 6), (Texts{"1e-07", "2e-07"}));
}

TEST(ToldApart, HoldsForNumbersOfAnySizeAndDistance) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(-30, 30), part(-1, 1), near(-16, 0);
  for (int i = 0; i < 20'000; ++i) {
    const double a = part(random) * std::pow(10, exponent(random));
    const double b = a * (1 + part(random) * std::pow(10, near(random)));
    const auto [one, other] = told_apart(a, b, 6);
    EXPECT_EQ(one == other, a == b) << a << " " << b << " " << one;
  }
}

TEST(TestSentence, ShowsMeansThatDifferByLittleBesideTheirSize) {
  const Verdict verdict{.tested = true,
                        .drift = Drift::drift,
                        .statistic = 7.25,
                        .threshold = 5,
                        .reference = {500, 1'000'000.12},
                        .current = {50, 1'000'000.57}};
  EXPECT_EQ(test_sentence({"a", "in", "mean_shift"}, DriftState::stable, verdict, 1.5e-9),
            "a of in has drifted: mean 1,000,000.57 in the last 50 values against 1,000,000.12 in "
            "500 before (mean_shift 7.25, threshold 5, p 1.5e-09)");
}

TEST(TestSentence, ShowsAStatisticBesideAThresholdThatItJustMissed) {
  const Verdict verdict{.tested = true,
                        .drift = Drift::warning,
                        .statistic = 4.9999991,
                        .threshold = 5,
                        .reference = {500, 1},
                        .current = {50, 2}};
  EXPECT_EQ(test_sentence({"a", "in", "mean_shift"}, DriftState::stable, verdict,
                          std::numeric_limits<double>::quiet_NaN()),
            "a of in may be drifting: mean 2 in the last 50 values against 1 in 500 before "
            "(mean_shift 4.9999991, threshold 5)");
}

}  // namespace
}  // namespace weir
