#include "operators/model/recent_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

/// Adds `scores`, all of them of rows with the one feature `x`.
void add(RecentRows& recent, const std::vector<double>& scores, double x = 1) {
  const std::vector<double> column(scores.size(), x);
  const double* numbers[] = {column.data()};
  recent.add(scores, numbers, {});
}

TEST(RecentRows, KnowsTheMeanAndDeviationOfItsScores) {
  RecentRows recent({"x"});
  EXPECT_TRUE(is_missing(recent.score_mean()));
  add(recent, {1, 2, kMissing, 3});
  EXPECT_DOUBLE_EQ(recent.score_mean(), 2);
  EXPECT_DOUBLE_EQ(recent.score_stddev(), std::sqrt(2.0 / 3));
}

TEST(RecentRows, ForgetsWhatIsOlderThanTenThousandRows) {
  RecentRows recent({"x"});
  add(recent, std::vector<double>(1'000, 100), kMissing);
  add(recent, std::vector<double>(10'000, 5));
  EXPECT_EQ(recent.score_mean(), 5);
  EXPECT_EQ(recent.null_ratio(0), 0);
}

TEST(RecentRows, ReportsOnlyWhatItKnows) {
  RecentRows recent({"x"});
  FakeReporter nothing;
  recent.report_scores(nothing);
  recent.report_missing(nothing);
  EXPECT_TRUE(nothing.values.empty());
  add(recent, {0.5, 0.5}, kMissing);
  FakeReporter report;
  recent.report_scores(report);
  recent.report_missing(report);
  EXPECT_EQ(report["weir_model_score_mean"], 0.5);
  EXPECT_EQ(report["weir_feature_null_ratio{x}"], 1);
}

TEST(RecentRows, GivesTheSameBitsWhereverRowsAreCutAndStatesAreLoaded) {
  std::vector<double> scores;
  for (int i = 0; i < 3'500; ++i) scores.push_back(std::sin(i));
  RecentRows whole({"x"}), cut({"x"});
  add(whole, scores);
  for (std::size_t at = 0; at < scores.size(); at += 7)
    add(cut, {scores.begin() + static_cast<std::ptrdiff_t>(at),
              scores.begin() + static_cast<std::ptrdiff_t>(std::min(at + 7, scores.size()))});
  std::string one, other;
  StateWriter first(one), second(other);
  whole.state(first);
  cut.state(second);
  EXPECT_EQ(one, other);
}

}  // namespace
}  // namespace weir
