#include "monitoring/metrics/roc_auc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/core/splitmix64.h"
#include "pipeline/core/state_visitors.h"
#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

using Scored = std::pair<double, bool>;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// Rows of a base rate whose score is the probability itself, moved by `shape`.
std::vector<Scored> rows_of(int count, double base,
                            const std::function<double(int, double)>& shape) {
  SplitMix64 random(1);
  std::vector<Scored> rows;
  for (int i = 0; i < count; ++i) {
    const double p = sigmoid(base + 1.5 * random.sum12());
    rows.emplace_back(shape(i, p), random.u01() < p);
  }
  return rows;
}

void expect_exact(const std::vector<Scored>& rows, double tolerance, const char* what) {
  const auto exact = make_roc_auc(Task::binary, false), bounded = make_roc_auc(Task::binary, true);
  for (const auto& [score, label] : rows) {
    exact->add(binary_outcome(label, score));
    bounded->add(binary_outcome(label, score));
  }
  ASSERT_TRUE(std::isfinite(exact->value())) << what;
  EXPECT_NEAR(bounded->value(), exact->value(), tolerance) << what;
}

constexpr int kMany = 400'000;

TEST(RocAuc, OfAnyNumberOfRowsIsRightForRareEvents) {
  const auto as_it_is = [](int, double p) { return p; };
  for (const double base : {-2.0, -7.0, -11.5, -12.5})
    expect_exact(rows_of(kMany, base, as_it_is), 1e-4, "rare true rows");
  expect_exact(rows_of(kMany, 11.5, as_it_is), 1e-4, "rare false rows, scores near 1");
}

TEST(RocAuc, OfAnyNumberOfRowsIsRightForScoresThatLieCloseTogether) {
  expect_exact(rows_of(kMany, -2, [](int, double p) { return 0.01 + 1e-9 * p; }), 1e-4, "in 1e-9");
  expect_exact(rows_of(kMany, -2, [](int, double p) { return 1 - 1e-9 * (1 - p); }), 1e-4, "at 1");
  expect_exact(rows_of(kMany, -2, [](int, double p) { return 1e-300 * p; }), 1e-4, "at 0");
  expect_exact(rows_of(kMany, -2,
                       [](int i, double p) { return 0.2 + p * (i < kMany / 2 ? 0.5 : 1e-7); }),
               1e-4, "collapsed in mid-stream");
  expect_exact(rows_of(kMany, -2,
                       [](int i, double p) { return 0.2 + p * std::exp(-20.0 * i / kMany); }),
               1e-4, "narrowing");
  expect_exact(rows_of(kMany, -2, [](int i, double p) { return (i + p) / (2 * kMany); }), 1e-4,
               "rising");
}

TEST(RocAuc, OfAnyNumberOfRowsIsExactWhileTheScoresAreFew) {
  expect_exact(rows_of(16'000, -2, [](int, double p) { return p; }), 1e-15, "16,000 rows");
  expect_exact(rows_of(kMany, -2, [](int, double p) { return std::round(p * 5'000) / 5'000; }),
               1e-12, "5,000 scores");
}

TEST(RocAuc, OfAnyNumberOfRowsTakesScoresOnTheEdges) {
  const auto bounded = make_roc_auc(Task::binary, true);
  for (const double score : {0.0, -0.0, 1.0, 0.5, 1.0 - 0x1p-53}) {
    bounded->add(binary_outcome(0, score));
    bounded->add(binary_outcome(1, score));
  }
  EXPECT_DOUBLE_EQ(bounded->value(), 0.5);
}

TEST(RocAuc, OfAnyNumberOfRowsStaysInItsMemoryAndContinuesFromItsState) {
  auto straight = make_roc_auc(Task::binary, true);
  std::size_t most = 0;
  int i = 0;
  for (const auto& [score, label] : rows_of(kMany, -5, [](int, double p) { return p; })) {
    straight->add(binary_outcome(label, score));
    if (++i % 9'973 != 0) continue;
    std::string bytes;
    StateWriter writer(bytes);
    straight->state(writer);
    most = std::max(most, bytes.size());
    const double asked = straight->value();  // changes nothing
    auto loaded = make_roc_auc(Task::binary, true);
    StateReader reader(bytes);
    loaded->state(reader);
    EXPECT_EQ(loaded->value(), asked);
    straight = std::move(loaded);
  }
  EXPECT_LT(most, 700'000u);
  const auto whole = make_roc_auc(Task::binary, true);
  for (const auto& [score, label] : rows_of(kMany, -5, [](int, double p) { return p; }))
    whole->add(binary_outcome(label, score));
  EXPECT_EQ(whole->value(), straight->value());
}

TEST(RocAuc, CountsTiesHalf) {
  const auto metric = make_roc_auc(Task::binary, false);
  for (int i = 0; i < 10; ++i) metric->add(binary_outcome(i % 2, 0.3));
  EXPECT_EQ(metric->value(), 0.5);
}

}  // namespace
}  // namespace weir
