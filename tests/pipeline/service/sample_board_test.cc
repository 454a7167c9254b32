#include "pipeline/service/sample_board.h"

#include <gtest/gtest.h>

#include <vector>

namespace weir {
namespace {

MetricSamples one(double value) {
  MetricSamples samples;
  samples(metric::recovery_epochs_left, value);
  return samples;
}

std::vector<double> values(const SampleBoard& board) {
  std::vector<double> all;
  const MetricSamples samples = board.all();
  for (const MetricSamples::Sample& sample : samples.all()) all.push_back(sample.number());
  return all;
}

TEST(SampleBoard, ShowsTheNewestOfEveryShardByShard) {
  SampleBoard board;
  EXPECT_TRUE(values(board).empty());
  board.set(2, one(20));
  board.set(0, one(1));
  board.set(0, one(2));
  EXPECT_EQ(values(board), (std::vector<double>{2, 20}));
}

TEST(SampleBoard, AShardThatHasLeftIsNotShown) {
  SampleBoard board;
  board.set(0, one(1));
  board.set(1, one(2));
  board.erase(0);
  board.erase(5);  // was never there
  EXPECT_EQ(values(board), std::vector<double>{2});
}

TEST(SampleBoard, ReplacingLeavesOutShardsThatAreNotNamed) {
  SampleBoard board;
  board.set(0, one(1));
  SampleBoard::PerShard now;
  now[1] = one(3);
  board.replace(std::move(now));
  EXPECT_EQ(values(board), std::vector<double>{3});
}

}  // namespace
}  // namespace weir
