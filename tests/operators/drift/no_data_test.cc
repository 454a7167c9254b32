// Fields that vanish and come back.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "operators/drift/drift.h"
#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

constexpr std::string_view kShift =
    R"({"input": "f", "fields": ["a"],
        "detector": {"mean_shift": {"reference": 200, "window": 50}}})";

/// A stream's rows as it is written: values, gaps, values.
class Stream {
 public:
  Stream& values(std::size_t count, double mean = 0) {
    std::normal_distribution<double> normal(mean, 1);
    for (std::size_t i = 0; i < count; ++i) add(normal(random_));
    return *this;
  }
  Stream& missing(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) add(kMissing);
    return *this;
  }
  /// Of every ten rows `of_ten`, at the beginning, have a value.
  Stream& sparse(std::size_t tens, std::size_t of_ten, double mean = 0) {
    for (std::size_t i = 0; i < tens; ++i) values(of_ten, mean).missing(10 - of_ten);
    return *this;
  }
  Stream& add(double value) {
    rows_.push_back({static_cast<std::int64_t>(1'000 * rows_.size()), {cell(value), cell("n")}});
    return *this;
  }
  const std::vector<InputRow>& rows() const { return rows_; }

 private:
  std::mt19937_64 random_{1};
  std::vector<InputRow> rows_;
};

OperatorBench bench(std::string_view options = kShift) {
  return OperatorBench(make_drift(), options,
                       {{{{{"a", Type::number}, {"b", Type::text}}}, true, "in"}});
}

Cell value(const OperatorBench& drift, const OutputRow& row, std::string_view field) {
  return row.cells.at(*drift.binding().outputs[0].schema.find(field));
}

/// `no_data@1025`: state and sequence number of each row.
std::vector<std::string> states(const OperatorBench& drift, const std::vector<OutputRow>& rows) {
  std::vector<std::string> all;
  for (const OutputRow& row : rows)
    all.push_back(std::get<std::string>(value(drift, row, "state")) + "@" +
                  std::to_string(row.sequence));
  return all;
}

using States = std::vector<std::string>;

TEST(NoData, ComesWhenMoreThanHalfOfTheWindowsRowsHaveNoValue) {
  OperatorBench drift = bench();
  const auto rows = drift.main_rows(Stream().values(1'000).missing(500).rows());
  ASSERT_EQ(states(drift, rows), States{"no_data@1025"});  // the 26th of the last 50
  EXPECT_EQ(value(drift, rows[0], "null_ratio"), cell(0.52));
  EXPECT_EQ(value(drift, rows[0], "summary"),
            cell("a of in has no data: 26 of the last 50 rows have no value"));
  EXPECT_EQ(value(drift, rows[0], "time"), cell(1'025'000.0));
  EXPECT_EQ(value(drift, rows[0], "threshold"), cell(5.0));
  EXPECT_TRUE(std::holds_alternative<double>(value(drift, rows[0], "statistic")));
  EXPECT_EQ(value(drift, rows[0], "window_mean"), missing());
  EXPECT_EQ(drift.report()["weir_drift_state{a}"], 3);
  EXPECT_EQ(drift.report()["weir_drift_null_ratio{a}"], 1);
}

TEST(NoData, DoesNotComeWhileHalfOfTheRowsHaveAValue) {
  OperatorBench drift = bench();
  EXPECT_TRUE(drift.main_rows(Stream().values(1'000).sparse(200, 5).rows()).empty());
  EXPECT_EQ(drift.report()["weir_drift_null_ratio{a}"], 0.5);
}

TEST(NoData, ComesForAFieldThatNeverHadAValue) {
  OperatorBench drift = bench();
  const auto rows = drift.main_rows(Stream().missing(500).rows());
  ASSERT_EQ(states(drift, rows), States{"no_data@25"});
  EXPECT_EQ(value(drift, rows[0], "null_ratio"), cell(1.0));
  EXPECT_EQ(value(drift, rows[0], "summary"),
            cell("a of in has no data: 26 of the last 26 rows have no value"));
  EXPECT_EQ(value(drift, rows[0], "statistic"), missing());  // there was no test
}

TEST(NoData, EndsWithTheFirstTestOnceTheValuesAreBack) {
  OperatorBench drift = bench();
  // The window held 0 values when the field vanished, so it is full 50 rows after.
  const auto rows = drift.main_rows(Stream().values(1'000).missing(300).values(200).rows());
  ASSERT_EQ(states(drift, rows), (States{"no_data@1025", "stable@1349"}));
  EXPECT_EQ(value(drift, rows[1], "null_ratio"), cell(0.0));
  const std::string summary = std::get<std::string>(value(drift, rows[1], "summary"));
  EXPECT_TRUE(summary.starts_with("a of in has values again, and is stable: mean ")) << summary;
  EXPECT_EQ(drift.report()["weir_drift_state{a}"], 0);
}

TEST(NoData, ATestWithAFewValuesDoesNotEndIt) {
  OperatorBench drift = bench();
  // 40 values wait in the window; the 10 that come make it full, with 40 of 50 rows missing.
  const auto rows = drift.main_rows(Stream().values(1'040).missing(100).values(10).rows());
  EXPECT_EQ(states(drift, rows), States{"no_data@1065"});
}

TEST(NoData, StaysForAWindowOfRowsAtLeast) {
  OperatorBench drift = bench();
  // It begins at 1,055 and a test finds 15 of 50 missing at 1,075; the next is 50 rows later.
  const auto rows = drift.main_rows(
      Stream().values(1'030).missing(26).values(20).values(1'000).rows());
  EXPECT_EQ(states(drift, rows), (States{"no_data@1055", "stable@1125"}));
}

TEST(NoData, ADriftIsToldOfAFieldThatMostRowsLack) {
  OperatorBench drift = bench();
  const auto rows = drift.main_rows(Stream().sparse(500, 2).sparse(500, 2, 4).rows());
  // 200 values for the reference, 50 a window: 1,000 rows of values, then the shift.
  ASSERT_EQ(states(drift, rows), (States{"no_data@33", "drift@5241", "no_data@5242"}));
  EXPECT_EQ(drift.report()["weir_drift_total{a}"], 1);
  EXPECT_EQ(value(drift, rows[1], "null_ratio"), cell(0.8));
}

TEST(NoData, AFieldThatVanishesAfterADriftHasNoData) {
  OperatorBench drift = bench();
  const auto rows = drift.main_rows(Stream().values(1'000).values(50, 4).missing(100).rows());
  EXPECT_EQ(states(drift, rows), (States{"drift@1049", "no_data@1075"}));
}

TEST(NoData, CountsNumbersThatADetectorCannotTake) {
  OperatorBench drift = bench();
  Stream stream;
  stream.values(1'000);
  for (int i = 0; i < 100; ++i) stream.add(9e200);
  EXPECT_EQ(states(drift, drift.main_rows(stream.rows())), States{"no_data@1025"});
}

TEST(NoData, DoesNotCountTheRowsThatAfterLetsPass) {
  OperatorBench drift = bench(
      R"({"input": "f", "fields": ["a"], "after": 500,
          "detector": {"mean_shift": {"reference": 200, "window": 50}}})");
  EXPECT_TRUE(drift.main_rows(Stream().missing(500).values(500).rows()).empty());
}

TEST(NoData, IsOfAThousandRowsForADetectorWithoutAWindow) {
  OperatorBench drift = bench(
      R"({"input": "f", "fields": ["a"], "detector": {"page_hinkley": {"threshold": 1e6}}})");
  const auto rows = drift.main_rows(Stream().values(2'000).missing(2'000).values(2'000).rows());
  EXPECT_EQ(states(drift, rows), (States{"no_data@2500", "stable@4499"}));
}

TEST(NoData, ARowOfAKsTestThatEndsItHasAPValue) {
  OperatorBench drift = bench(
      R"({"input": "f", "fields": ["a"],
          "detector": {"ks_test": {"reference": 300, "window": 100}}})");
  const auto rows = drift.main_rows(Stream().values(1'000).missing(300).values(300).rows());
  ASSERT_EQ(states(drift, rows), (States{"no_data@1050", "stable@1399"}));
  const Cell p = value(drift, rows[1], "p_value");
  ASSERT_TRUE(std::holds_alternative<double>(p));
  EXPECT_GT(std::get<double>(p), 1e-3);
  EXPECT_LE(std::get<double>(p), 1);
}

TEST(NoData, GivesTheSameBitsWhereverStepsAreCutAndStatesAreLoaded) {
  const std::vector<InputRow> rows = Stream()
                                         .values(500)
                                         .missing(300)
                                         .values(300)
                                         .sparse(60, 5)
                                         .sparse(60, 4)
                                         .values(400, 3)
                                         .missing(40)
                                         .values(300)
                                         .rows();
  for (const std::string_view detector :
       {R"({"mean_shift": {"reference": 90, "window": 70}})", R"({"page_hinkley": {}})",
        R"({"ks_test": {"reference": 90, "window": 64, "every": 5}})"}) {
    const std::string options =
        R"({"input": "f", "fields": ["a"], "detector": )" + std::string(detector) + "}";
    OperatorBench whole = bench(options);
    const auto expected = whole.main_rows(rows);
    for (const std::ptrdiff_t at : {1, 531, 540, 800, 811, 1'700, 2'700}) {
      OperatorBench cut = bench(options);
      auto found = cut.main_rows({rows.begin(), rows.begin() + at}, 7);
      cut.load(cut.save());
      const auto rest = cut.main_rows({rows.begin() + at, rows.end()}, 1);
      found.insert(found.end(), rest.begin(), rest.end());
      EXPECT_EQ(found, expected) << detector << at;
      EXPECT_EQ(cut.state_hash(), whole.state_hash()) << detector << at;
    }
  }
}

TEST(NoData, RefusesAStateOfAnotherWindow) {
  OperatorBench narrow = bench();
  narrow.main_rows(Stream().values(100).rows());
  OperatorBench wide = bench(
      R"({"input": "f", "fields": ["a"],
          "detector": {"mean_shift": {"reference": 200, "window": 500}}})");
  EXPECT_THROW(wide.load(narrow.save()), StateError);
}

}  // namespace
}  // namespace weir
