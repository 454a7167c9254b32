#include "monitoring/metrics/baseline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace weir {
namespace {

std::vector<double> predictions(Baseline baseline, const std::vector<double>& labels) {
  std::vector<double> made;
  for (const double label : labels) {
    made.push_back(baseline.outcome(label).prediction);
    baseline.learn(label);
  }
  return made;
}

TEST(Baselines, MajorityIsOfTheRowsBeforeAndTheLowestClassOnTies) {
  const Baseline majority(Baseline::Kind::typical, Task::classes);
  EXPECT_EQ(predictions(majority, {2, 0, 0, 2, 2}), (std::vector<double>{-1, 2, 0, 0, 0}));
}

TEST(Baselines, LastPredictsTheLabelOfTheRowBefore) {
  const Baseline last(Baseline::Kind::last, Task::binary);
  EXPECT_EQ(predictions(last, {1, 0, 0, 1}), (std::vector<double>{-1, 1, 0, 0}));
}

TEST(Baselines, MeanIsOfTheRowsBefore) {
  const Baseline mean(Baseline::Kind::typical, Task::regression);
  EXPECT_EQ(predictions(mean, {4, 8, 0}), (std::vector<double>{0, 4, 6}));
  const Baseline last(Baseline::Kind::last, Task::regression);
  EXPECT_EQ(predictions(last, {4, 8, 0}), (std::vector<double>{0, 4, 8}));
}

TEST(Baselines, ScoreOfABinaryTaskIsTheShareOfTrueSoFar) {
  Baseline majority(Baseline::Kind::typical, Task::binary);
  EXPECT_DOUBLE_EQ(majority.outcome(1).score, 0.5);
  for (const double label : {1.0, 1.0, 0.0}) majority.learn(label);
  EXPECT_DOUBLE_EQ(majority.outcome(1).score, 3.0 / 5);
  EXPECT_DOUBLE_EQ(majority.outcome(0).score, 3.0 / 5);
  EXPECT_NEAR(majority.outcome(1).loss, -std::log(3.0 / 5), 1e-15);
  EXPECT_NEAR(majority.outcome(0).loss, -std::log(2.0 / 5), 1e-15);
}

TEST(Baselines, ACertainPredictionThatIsWrongLosesTheClippedLoss) {
  Baseline last(Baseline::Kind::last, Task::binary);
  last.learn(1);
  EXPECT_NEAR(last.outcome(0).loss, 52 * std::log(2.0), 1e-9);
  EXPECT_LT(last.outcome(1).loss, 1e-15);
  EXPECT_GE(last.outcome(1).loss, 0);
}

TEST(Baselines, ContinueBitForBitWhereTheyWereSaved) {
  for (const Task task : {Task::binary, Task::classes, Task::regression})
    for (const Baseline::Kind kind : {Baseline::Kind::typical, Baseline::Kind::last}) {
      Baseline one(kind, task);
      for (int i = 0; i < 100; ++i) one.learn(i % 3 == 0);
      std::string bytes;
      StateWriter writer(bytes);
      one.state(writer);
      Baseline two(kind, task);
      StateReader reader(bytes);
      two.state(reader);
      EXPECT_EQ(reader.left(), 0u);
      EXPECT_EQ(one.outcome(1).prediction, two.outcome(1).prediction);
      EXPECT_EQ(one.outcome(1).score, two.outcome(1).score);
      EXPECT_EQ(one.outcome(1).loss, two.outcome(1).loss);
    }
}

}  // namespace
}  // namespace weir
