#include "models/preprocess/min_max_scaler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "tests/models/models.h"
#include "tests/models/vectors.h"

namespace weir {
namespace {

using Numbers = std::vector<double>;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Numbers observed(MinMaxScaler& scaler, Numbers numbers) {
  Row row{.numbers = std::move(numbers), .texts = {}, .indicators = {}};
  scaler.observe_one(row);
  return row.numbers;
}

Numbers transformed(const MinMaxScaler& scaler, Numbers numbers) {
  Row row{.numbers = std::move(numbers), .texts = {}, .indicators = {}};
  scaler.transform_one(row);
  return row.numbers;
}

TEST(MinMaxScaler, HasRiversScaledValueAtEveryCount) {
  const nlohmann::json file = read_vectors("running_stats.json");
  for (const auto& one : file.at("cases")) {
    ASSERT_EQ(one.at("columns").at(4), "minmax_scaled_x");
    MinMaxScaler scaler({0});
    std::size_t next = 0;
    const auto& x = one.at("x").at("values");
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Numbers scaled = observed(scaler, {x[i].get<double>()});
      if (i + 1 != one["rows"][next][0]) continue;
      expect_close(scaled[0], one["rows"][next++][4],
                   one["tag"].get<std::string>() + " " + std::to_string(i + 1));
    }
    EXPECT_EQ(next, one["rows"].size());
  }
}

TEST(MinMaxScaler, GivesZeroUntilTwoDifferentNumbersHaveCome) {
  MinMaxScaler scaler({0});
  EXPECT_EQ(transformed(scaler, {7}), Numbers{0});
  EXPECT_EQ(observed(scaler, {7}), Numbers{0});
  EXPECT_EQ(observed(scaler, {7}), Numbers{0});
  EXPECT_EQ(transformed(scaler, {9}), Numbers{0});
  EXPECT_EQ(observed(scaler, {9}), Numbers{1});
}

TEST(MinMaxScaler, LeavesTheRangeForNumbersBeyondThoseLearned) {
  MinMaxScaler scaler({0});
  for (const double x : {10.0, 20.0}) observed(scaler, {x});
  EXPECT_EQ(transformed(scaler, {40}), Numbers{3});
  EXPECT_EQ(transformed(scaler, {5}), Numbers{-0.5});
  EXPECT_EQ(transformed(scaler, {15}), Numbers{0.5}) << "none is learned by being scaled";
}

TEST(MinMaxScaler, LeavesAMissingNumberMissingAndLearnsNothingFromIt) {
  MinMaxScaler scaler({0});
  EXPECT_TRUE(std::isnan(observed(scaler, {kMissing})[0]));
  for (const double x : {1.0, 3.0}) observed(scaler, {x});
  EXPECT_TRUE(std::isnan(observed(scaler, {kMissing})[0]));
  EXPECT_EQ(transformed(scaler, {2}), Numbers{0.5});
}

TEST(MinMaxScaler, PassesOnANumberWhoseSquareOverflowsButDoesNotLearnIt) {
  MinMaxScaler scaler({0});
  for (const double x : {1.0, 3.0}) observed(scaler, {x});
  EXPECT_EQ(observed(scaler, {1e200}), Numbers{1e200 / 2});
  EXPECT_EQ(transformed(scaler, {2}), Numbers{0.5});
}

TEST(MinMaxScaler, ScalesTheColumnsNamedAndNoOther) {
  MinMaxScaler scaler({2, 0});
  for (const double x : {0.0, 4.0}) observed(scaler, {x, x, 2 * x});
  EXPECT_EQ(transformed(scaler, {1, 1, 4}), (Numbers{0.25, 1, 0.5}));
}

TEST(MinMaxScaler, RefusesAStateOfAnotherNumberOfColumns) {
  MinMaxScaler two({0, 1}), three({0, 1, 2});
  EXPECT_THROW(load(three, saved(two)), StateError);
}

}  // namespace
}  // namespace weir
