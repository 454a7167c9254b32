#include "monitoring/statistics/kolmogorov_smirnov.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "monitoring/statistics/kolmogorov_distribution.h"
#include "monitoring/statistics/ks_window.h"
#include "tests/monitoring/vectors_test.h"

namespace weir {
namespace {

Alternative alternative_named(const std::string& name) {
  if (name == "less") return Alternative::less;
  return name == "greater" ? Alternative::greater : Alternative::two_sided;
}

KsMethod method_named(const std::string& name) {
  if (name == "exact") return KsMethod::exact;
  return name == "asymp" ? KsMethod::asymptotic : KsMethod::automatic;
}

TEST(KolmogorovSmirnov, AgreesWithSciPyOnEveryStatisticAndPValue) {
  int compared = 0;
  for (const auto& one : load_vectors("ks_2samp.json")) {
    const std::vector<double> x = sample(one["x"]);
    const std::vector<double> y = sample(one["y"]);
    for (const auto& wanted : one["results"]) {
      SCOPED_TRACE(one["tag"].dump() + " " + std::to_string(x.size()) + " against " +
                   std::to_string(y.size()) + " " + wanted.dump());
      const KsResult got =
          ks_2samp(x, y, alternative_named(wanted["alternative"]), method_named(wanted["method"]));
      EXPECT_TRUE(agrees(got.statistic, number(wanted["statistic"]), 1e-12));
      EXPECT_TRUE(agrees(got.p_value, number(wanted["pvalue"]), 1e-9, 1e-300));
      ++compared;
    }
  }
  EXPECT_GT(compared, 1'400);
}

TEST(KolmogorovSmirnov, OneSampleDistributionsAgreeWithSciPy) {
  int compared = 0;
  for (const auto& one : load_vectors("distributions.json")) {
    SCOPED_TRACE(one.dump());
    if (one["f"] == "kolmogorov_sf") {
      EXPECT_TRUE(agrees(kolmogorov_sf(number(one["x"])), number(one["sf"]), 1e-9, 1e-300));
      ++compared;
    } else if (one["f"] == "kstwo_sf") {
      const double got = kolmogorov_sf(one["n"].get<std::uint64_t>(), number(one["d"]));
      EXPECT_TRUE(agrees(got, number(one["sf"]), 1e-9, 1e-300));
      ++compared;
    }
  }
  EXPECT_EQ(compared, 81);
}

TEST(KolmogorovSmirnov, CriticalDistanceIsTheLeastSignificantOne) {
  for (const auto& [n, m] : {std::pair{2u, 3u}, {10u, 10u}, {30u, 7u}, {100u, 101u}, {1000u, 500u}})
    for (const double alpha : {0.05, 1e-3, 1e-6}) {
      const std::int64_t critical = ks_critical_steps(n, m, alpha, KsMethod::automatic);
      const auto p = [&](std::int64_t steps) {
        return ks_p_value(n, m, steps, Alternative::two_sided, KsMethod::automatic);
      };
      SCOPED_TRACE(std::to_string(n) + " against " + std::to_string(m) + " at " +
                   std::to_string(alpha));
      ASSERT_GE(critical, 1);
      EXPECT_GT(p(critical - 1), alpha);
      if (critical <= ks_steps(n, m)) {
        EXPECT_LE(p(critical), alpha);
      }
    }
}

TEST(KolmogorovSmirnov, PValuesAreProbabilitiesThatFallWithTheDistance) {
  for (std::uint64_t n = 1; n <= 16; ++n)
    for (std::uint64_t m = 1; m <= 16; ++m)
      for (const Alternative alternative : {Alternative::two_sided, Alternative::less}) {
        double last = 1;
        for (std::int64_t steps = 0; steps <= ks_steps(n, m); ++steps) {
          const double p = ks_p_value(n, m, steps, alternative, KsMethod::exact);
          ASSERT_GT(p, 0) << n << " " << m << " " << steps;
          ASSERT_LE(p, 1) << n << " " << m << " " << steps;
          ASSERT_LE(p, last * (1 + 1e-12)) << n << " " << m << " " << steps;
          last = p;
        }
      }
}

TEST(KolmogorovSmirnov, TinySamplesNeverReachATinyAlpha) {
  EXPECT_EQ(ks_critical_steps(2, 3, 1e-6, KsMethod::automatic), ks_steps(2, 3) + 1);
}

class KsWindows : public ::testing::TestWithParam<bool> {};

TEST_P(KsWindows, DistanceEqualsThatOfTheSortedSamples) {
  const bool tested_often = GetParam();
  for (const double kinds : {3.0, 40.0, 1e15}) {
    SplitMix64 random(7);
    const auto draw = [&] { return std::floor(random.u01() * kinds); };
    std::vector<double> reference;
    for (int i = 0; i < 97; ++i) reference.push_back(draw());
    std::sort(reference.begin(), reference.end());
    KsWindow window(reference, 60, tested_often);
    std::vector<double> values;
    for (int i = 0; i < 600; ++i) {
      const double value = draw() + (i > 300 ? kinds / 4 : 0);
      window.add(value);
      values.push_back(value);
      if (values.size() > 60) {
        window.remove(values.front());
        values.erase(values.begin());
      }
      if (values.size() < 60) continue;
      std::vector<double> sorted = values;
      std::sort(sorted.begin(), sorted.end());
      const KsDistance distance = ks_distance(reference, sorted);
      ASSERT_EQ(window.steps(), std::max(distance.above, distance.below)) << kinds << " " << i;
    }
    window.clear();
    for (const double value : values) window.add(value);
    std::sort(values.begin(), values.end());
    const KsDistance distance = ks_distance(reference, values);
    EXPECT_EQ(window.steps(), std::max(distance.above, distance.below));
  }
}

INSTANTIATE_TEST_SUITE_P(ByTreeAndByWalk, KsWindows, ::testing::Bool());

}  // namespace
}  // namespace weir
