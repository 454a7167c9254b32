#include "models/preprocess/standard_scaler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/models/models.h"
#include "tests/models/splitmix.h"
#include "tests/models/vectors.h"

namespace weir {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Row row_of(std::vector<double> numbers) {
  return {.numbers = std::move(numbers), .texts = {}, .indicators = {}};
}

TEST(StandardScaler, HasRiversMeanVarianceAndScaledValueAtEveryCount) {
  const nlohmann::json file = read_vectors("running_stats.json");
  for (const auto& one : file.at("cases")) {
    StandardScaler scaler({.fields = {}, .clip = {"none"}}, {0});
    std::size_t next = 0;
    const auto& x = one.at("x").at("values");
    for (std::size_t i = 0; i < x.size(); ++i) {
      Row row = row_of({x[i].get<double>()});
      scaler.observe_one(row);
      if (i + 1 != one["rows"][next][0]) continue;
      const auto& expected = one["rows"][next++];
      const std::string where = one["tag"].get<std::string>() + " " + std::to_string(i + 1);
      const double mean = expected[1], variance = expected[2], scaled = expected[3];
      EXPECT_NEAR(scaler.mean(0), mean, 1e-9 * std::abs(mean)) << where;
      EXPECT_NEAR(scaler.variance(0), variance, 1e-9 * variance) << where;
      expect_close(row.numbers[0], scaled, where);
    }
    EXPECT_EQ(next, one["rows"].size());
  }
}

TEST(StandardScaler, LeavesAMissingNumberMissingAndLearnsNothingFromIt) {
  StandardScaler scaler({}, {0, 1});
  Row first = row_of({1, 10}), second = row_of({kMissing, 30}), third = row_of({3, 20});
  scaler.observe_one(first);
  scaler.observe_one(second);
  EXPECT_TRUE(std::isnan(second.numbers[0]));
  scaler.observe_one(third);
  EXPECT_DOUBLE_EQ(scaler.mean(0), 2);
  EXPECT_DOUBLE_EQ(scaler.variance(0), 1);
  EXPECT_DOUBLE_EQ(scaler.mean(1), 20);
  EXPECT_NEAR(scaler.variance(1), 200.0 / 3, 1e-12);
}

TEST(StandardScaler, IsNotRuinedByANumberWhoseSquareOverflows) {
  StandardScaler scaler({}, {0});
  for (const double x : {1.0, 1e300, 3.0, -1.7e308}) {
    Row row = row_of({x});
    scaler.observe_one(row);
  }
  EXPECT_DOUBLE_EQ(scaler.mean(0), 2);
  EXPECT_DOUBLE_EQ(scaler.variance(0), 1);
}

TEST(StandardScaler, ScalesColumnsThatDoNotLieSideBySide) {
  StandardScaler scaler({}, {0, 2});
  for (const double x : {1.0, 3.0}) {
    Row row = row_of({x, 7, 2 * x});
    scaler.observe_one(row);
  }
  Row row = row_of({4, 7, 8});
  scaler.transform_one(row);
  EXPECT_DOUBLE_EQ(row.numbers[0], 2);
  EXPECT_DOUBLE_EQ(row.numbers[1], 7);
  EXPECT_DOUBLE_EQ(row.numbers[2], 2);
}

TEST(StandardScaler, GivesTheSameBitsWhetherOrNotAnotherColumnHasGaps) {
  StandardScaler whole({}, {0}), gapped({}, {0, 1});
  for (int i = 0; i < 100; ++i) {
    const double x = std::sqrt(i);
    Row one = row_of({x}), two = row_of({x, i % 3 ? 1.0 * i : kMissing});
    whole.observe_one(one);
    gapped.observe_one(two);
    EXPECT_EQ(one.numbers[0], two.numbers[0]);
  }
}

/// One column that learns `rows` normal values of mean 5 and deviation 2.
StandardScaler settled(int rows, const StandardScaler::Options& options = {}) {
  StandardScaler scaler(options, {0});
  SplitMix64 random(1);
  for (int i = 0; i < rows; ++i) {
    Row row = row_of({5 + 2 * random.sum12()});
    scaler.observe_one(row);
  }
  return scaler;
}

double observed(StandardScaler& scaler, double x) {
  Row row = row_of({x});
  scaler.observe_one(row);
  return row.numbers[0];
}

double transformed(const StandardScaler& scaler, double x) {
  Row row = row_of({x});
  scaler.transform_one(row);
  return row.numbers[0];
}

TEST(StandardScaler, GetsOverAFillValue) {
  for (const double fill : {9.96921e36, 1.8446744073709552e19, -1e30, 1e200}) {
    StandardScaler scaler = settled(1'000);
    const double mean = scaler.mean(0), variance = scaler.variance(0);
    EXPECT_EQ(transformed(scaler, fill), std::copysign(20, fill));
    EXPECT_EQ(std::abs(observed(scaler, fill)), 20) << fill;
    EXPECT_NEAR(scaler.mean(0), mean, 0.05) << fill;
    EXPECT_NEAR(scaler.variance(0), variance, 0.41 * variance) << fill;
    EXPECT_NEAR(transformed(scaler, 7), 1, 0.2) << fill;
  }
}

TEST(StandardScaler, ClipsAtTheDeviationsWrittenAndOnlyAfter100Values) {
  const StandardScaler::Options three{.fields = {}, .clip = {3.0}};
  StandardScaler young = settled(99, three);
  EXPECT_GT(transformed(young, 1e6), 1e5);
  StandardScaler old = settled(100, three);
  EXPECT_EQ(transformed(old, 1e6), 3);
  EXPECT_EQ(transformed(old, -1e6), -3);
  EXPECT_TRUE(std::isnan(transformed(old, kMissing)));
}

TEST(StandardScaler, FollowsAChangedUnitWithinSomeHundredRows) {
  StandardScaler scaler = settled(200'000);
  SplitMix64 random(2);
  for (int i = 0; i < 2'000; ++i) {
    const double x = 1'000 * (5 + 2 * random.sum12());
    EXPECT_LE(std::abs(observed(scaler, x)), 20);
  }
  EXPECT_NEAR(scaler.mean(0), 5'000, 2'000);
  EXPECT_GT(std::sqrt(scaler.variance(0)), 1'000);
}

TEST(StandardScaler, TenInARowAreBelievedAndAnOrdinaryOneStartsTheCountAgain) {
  StandardScaler scaler = settled(100'000);
  for (int i = 0; i < 1'000; ++i) observed(scaler, i % 10 == 9 ? 5 : 1e9);
  EXPECT_LT(std::sqrt(scaler.variance(0)), 2 * std::exp(900 * 399 / 2e5) * 1.1);
  StandardScaler burst = settled(100'000);
  for (int i = 0; i < 100; ++i) observed(burst, 1e9);
  EXPECT_GT(std::sqrt(burst.variance(0)), 1e6);
}

TEST(StandardScaler, ContinuesTheSameFromAStateInTheMiddleOfClippedValues) {
  StandardScaler straight = settled(3'000), loaded({}, {0});
  for (int i = 0; i < 7; ++i) observed(straight, 1e9);
  load(loaded, saved(straight));
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(observed(straight, i < 20 ? 1e9 : i), observed(loaded, i < 20 ? 1e9 : i));
  EXPECT_EQ(state_hash(straight), state_hash(loaded));
}

TEST(StandardScaler, RefusesAStateOfAnotherNumberOfColumns) {
  StandardScaler two({}, {0, 1}), three({}, {0, 1, 2});
  EXPECT_THROW(load(three, saved(two)), StateError);
}

}  // namespace
}  // namespace weir
