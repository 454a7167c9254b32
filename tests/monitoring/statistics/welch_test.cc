#include "monitoring/statistics/welch.h"

#include <gtest/gtest.h>

#include "monitoring/statistics/student_t.h"
#include "tests/monitoring/vectors_test.h"

namespace weir {
namespace {

TEST(Welch, AgreesWithSciPyOnStatisticDegreesOfFreedomAndPValues) {
  int compared = 0;
  for (const auto& one : load_vectors("welch_t.json")) {
    // At means of 1e6 SciPy's own means are rounded at 1e-10, some 1e-8 of their distance.
    const double tolerance = one["tag"] == "bigmean" ? 2e-8 : 1e-9;
    const Welch got = welch_test(moments_of(sample(one["x"])), moments_of(sample(one["y"])));
    for (const auto& wanted : one["results"]) {
      SCOPED_TRACE(one["tag"].dump() + wanted.dump());
      EXPECT_TRUE(agrees(got.t, number(wanted["statistic"]), tolerance));
      EXPECT_TRUE(agrees(got.df, number(wanted["df"]), 1e-9));
      const double wanted_p = number(wanted["pvalue"]);
      double p = welch_p_value(got);
      if (wanted["alternative"] == "greater") p = student_t_sf(got.t, got.df);
      if (wanted["alternative"] == "less") p = student_t_sf(-got.t, got.df);
      EXPECT_TRUE(agrees(p, wanted_p, tolerance, 1e-300));
      ++compared;
    }
  }
  EXPECT_EQ(compared, 120);
}

TEST(Welch, IsExactAtMeansOfAMillion) {
  // t by rational arithmetic (Python's fractions) on the same values.
  int compared = 0;
  for (const auto& one : load_vectors("welch_t.json")) {
    const std::vector<double> x = sample(one["x"]);
    if (one["tag"] != "bigmean" || x.size() != 10'000) continue;
    const Welch got = welch_test(moments_of(x), moments_of(sample(one["y"])));
    EXPECT_TRUE(agrees(got.t, -0.594106365374418, 1e-12));
    ++compared;
  }
  EXPECT_EQ(compared, 1);
}

TEST(Welch, IsCertainThatTwoConstantsDiffer) {
  const Moments three = moments_of({3, 3, 3});
  const Moments four = moments_of({4, 4, 4});
  EXPECT_EQ(welch_test(three, four).t, -HUGE_VAL);
  EXPECT_EQ(welch_p_value(welch_test(three, four)), 0);
  EXPECT_EQ(welch_test(three, three).t, 0);
  EXPECT_EQ(welch_p_value(welch_test(three, three)), 1);
}

TEST(Welch, NeitherTinyNorHugeValuesLoseTheDegreesOfFreedom) {
  for (const double scale : {1e-140, 1.0, 1e140}) {
    Moments x, y;
    SplitMix64 random(4);
    for (int i = 0; i < 50; ++i) x.add(random.sum12() * scale);
    for (int i = 0; i < 20; ++i) y.add((random.sum12() + 1) * scale);
    const Welch got = welch_test(x, y);
    EXPECT_TRUE(std::isfinite(got.t)) << scale;
    EXPECT_GE(got.df, 19 - 1e-9) << scale;
    EXPECT_LE(got.df, 68 + 1e-9) << scale;
  }
}

}  // namespace
}  // namespace weir
