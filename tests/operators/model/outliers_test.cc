#include <cmath>
#include <functional>
#include <string>

#include "pipeline/core/splitmix64.h"
#include "tests/operators/model/model_bench.h"

// Rows with a number far outside what its column had before.

namespace weir {
namespace {

constexpr std::size_t kNever = 1'000'000'000;

/// Rows `x y` whose y follows x; `change` may spoil the row's x or y.
struct Stream {
  std::string learner;
  std::string steps;
  Type target;
  std::size_t turns_over = kNever;  // the row from which y follows x the other way

  std::string options(const std::string& more = "") const {
    return R"({"input": "rows", "features": ["x"], "target": "y", )" + more + R"("steps": [)" +
           steps + learner + "]}";
  }
  Schema schema() const { return {{{"x", Type::number}, {"y", target}}}; }

  std::vector<InputRow> rows(std::size_t count,
                             const std::function<void(std::size_t, double&, double&)>& change =
                                 [](std::size_t, double&, double&) {}) const {
    SplitMix64 random(5);
    std::vector<InputRow> rows;
    for (std::size_t i = 0; i < count; ++i) {
      double x = static_cast<double>(random.next() >> 11) * 0x1p-53;
      const bool first = i < turns_over;
      double y = first ? 3 * x + 1 : 4 - 3 * x;
      const bool high = (x > 0.5) == first;
      change(i, x, y);
      const Cell label = target == Type::number ? cell(y)
                         : target == Type::text ? cell(high ? "high" : "low")
                                                : cell(high);
      rows.push_back({static_cast<std::int64_t>(i), {cell(x), label}});
    }
    return rows;
  }
};

const std::vector<Stream>& streams() {
  static const std::vector<Stream> all = [] {
    std::vector<Stream> made;
    for (const char* steps : {"", R"("standard_scaler", )"})
      for (const auto& [learner, type] :
           {std::pair(R"({"linear_regression": {"learning_rate": 0.05}})", Type::number),
            std::pair(R"({"logistic_regression": {"learning_rate": 0.1}})", Type::boolean),
            std::pair(R"({"softmax_regression": {"learning_rate": 0.1, "intercept": true}})",
                      Type::text)})
        made.push_back({learner, steps, type});
    return made;
  }();
  return all;
}

/// The mean error over the rows from `from` on that `skip` lets pass.
double error_of(const ModelBench& model, std::size_t from,
                const std::function<bool(std::size_t)>& skip) {
  double sum = 0, count = 0;
  for (std::size_t i = from; i < model.rows(kOutcomes); ++i) {
    if (skip(i)) continue;
    sum += std::abs(model.number(kOutcomes, i, "error"));
    ++count;
  }
  return sum / count;
}

double outliers(const ModelBench& model) {
  return model.bench.report()["weir_operator_rows_total{outlier}"];
}

TEST(Outliers, FillValuesLeaveTheQualityOfTheOtherRowsAsItWas) {
  const auto filled = [](std::size_t i) { return i % 500 == 100; };
  for (Stream stream : streams()) {
    stream.turns_over = 5'000;
    ModelBench clean(stream.options(), stream.schema());
    ASSERT_TRUE(clean.bench.ok()) << testing::PrintToString(clean.bench.mistakes());
    clean.run(stream.rows(8'000));
    EXPECT_EQ(outliers(clean), 0);
    for (const double fill : {9.96921e36, 1.8446744073709552e19, -1e30}) {
      ModelBench spoilt(stream.options(), stream.schema());
      spoilt.run(stream.rows(8'000, [&](std::size_t i, double& x, double&) {
        if (filled(i)) x = fill;
      }));
      EXPECT_EQ(outliers(spoilt), 16);
      EXPECT_EQ(spoilt.updates(), 7'984);
      EXPECT_EQ(spoilt.bench.report()["weir_model_rate_factor"], 1);
      EXPECT_EQ(spoilt.bench.report()["weir_model_restored_total"], 0);
      EXPECT_NEAR(error_of(spoilt, 1, filled), error_of(clean, 1, filled), 0.005)
          << stream.steps << stream.learner << " " << fill;
      EXPECT_EQ(spoilt.rows(kMain), 8'000u) << "such rows are scored";
    }
  }
}

TEST(Outliers, AFillValueInTheTargetIsNotLearnedEither) {
  const Stream stream{R"("linear_regression")", R"("standard_scaler", )", Type::number};
  ModelBench clean(stream.options(), stream.schema()), spoilt(stream.options(), stream.schema());
  clean.run(stream.rows(5'000));
  spoilt.run(stream.rows(5'000, [](std::size_t i, double&, double& y) {
    if (i % 500 == 100) y = 9.96921e36;
  }));
  EXPECT_EQ(outliers(spoilt), 10);
  EXPECT_EQ(spoilt.updates(), 4'990);
  EXPECT_NEAR(spoilt.number(kMain, 4'999, "score"), clean.number(kMain, 4'999, "score"), 1e-3);
}

TEST(Outliers, AChangedUnitIsFollowedWithin2000Rows) {
  for (const Stream& stream : streams()) {
    if (stream.steps.empty()) continue;  // without a scaler no rate fits both units
    for (const double unit : {1e3, 1e9}) {
      const auto change = [&](std::size_t i, double& x, double&) {
        if (i >= 12'000) x *= unit;
      };
      ModelBench model(stream.options(), stream.schema());
      model.run(stream.rows(15'000, change));
      EXPECT_LE(outliers(model), 20) << stream.learner << unit;
      const double before = error_of(model, 10'000, [](std::size_t i) { return i >= 12'000; });
      const double after = error_of(model, 14'000, [](std::size_t) { return false; });
      EXPECT_LT(after, stream.target == Type::number ? 0.15 : before + 0.05)
          << stream.learner << unit << ": " << before;
    }
  }
}

TEST(Outliers, WhatIsRefusedTenTimesInARowIsLearned) {
  const Stream stream = streams().back();
  ModelBench model(stream.options(), stream.schema());
  model.run(stream.rows(1'050, [](std::size_t i, double& x, double&) {
    if (i >= 1'000) x = 1e12;
  }));
  EXPECT_EQ(outliers(model), 10);
  EXPECT_EQ(model.updates(), 1'040);
}

TEST(Outliers, KeepLearnsThemAll) {
  const Stream stream = streams().back();
  ModelBench model(stream.options(R"("outliers": "keep", )"), stream.schema());
  ASSERT_TRUE(model.bench.ok()) << testing::PrintToString(model.bench.mistakes());
  model.run(stream.rows(2'000, [](std::size_t i, double& x, double&) {
    if (i % 100 == 50) x = 1e12;
  }));
  EXPECT_EQ(model.updates(), 2'000);
}

TEST(Outliers, ARowThatWaitsForItsLabelGivesAnOutcomeAndIsNotLearned) {
  constexpr std::string_view kWaiting = R"({
    "input": "rows", "features": ["x"], "target": "y",
    "labels": {"input": "labels", "match": "id", "wait": "1h", "absent": false},
    "steps": ["standard_scaler", "logistic_regression"]})";
  ModelBench model(kWaiting, {{{"id", Type::text}, {"x", Type::number}}},
                   {{{"id", Type::text}, {"y", Type::boolean}}});
  ASSERT_TRUE(model.bench.ok()) << testing::PrintToString(model.bench.mistakes());
  std::vector<InputRow> rows;
  SplitMix64 random(6);
  for (int i = 0; i < 300; ++i) {
    const std::string id = std::to_string(i);
    rows.push_back({i, {cell(id), cell(i % 100 == 60 ? -1e30 : random.sum12())}});
    rows.push_back({i, {cell(id), cell(i % 2 == 0)}, 1});
  }
  model.run(rows);
  EXPECT_EQ(model.rows(kOutcomes), 300u);
  EXPECT_EQ(model.ended("joined"), 300);
  EXPECT_EQ(outliers(model), 3);
  EXPECT_EQ(model.updates(), 297);
}

TEST(Outliers, GiveTheSameBitsWhereverStepsAreCutAndStatesAreLoaded) {
  const Stream stream = streams().back();
  const auto rows = stream.rows(1'500, [](std::size_t i, double& x, double&) {
    if (i % 70 == 50 || (i > 700 && i < 705)) x = 1e12;
    if (i > 1'200) x *= 1e9;
  });
  const std::vector<InputRow> first(rows.begin(), rows.begin() + 703);
  const std::vector<InputRow> second(rows.begin() + 703, rows.end());
  ModelBench whole(stream.options(), stream.schema());
  whole.run(rows);
  for (const std::size_t batch_rows : {1, 7, 4096}) {
    ModelBench begun(stream.options(), stream.schema()), loaded(stream.options(), stream.schema());
    begun.run(first, batch_rows);
    loaded.bench.load(begun.bench.save());
    loaded.run(second, batch_rows);
    EXPECT_EQ(loaded.bench.state_hash(), whole.bench.state_hash()) << batch_rows;
    EXPECT_EQ(outliers(loaded), outliers(whole));
  }
}

}  // namespace
}  // namespace weir
