#include "pipeline/runner/lanes.h"

#include <gtest/gtest.h>

#include "tests/harness/running_shard.h"

namespace weir {
namespace {

using namespace engine_test;

constexpr std::string_view kTwoSources = R"(
version: 1
pipeline: two
sources:
  a: { type: kafka, topic: a, format: json, fields: { x: number } }
  b: { type: kafka, topic: b, format: json, fields: { x: number } }
sinks:
  out: { type: kafka, input: [a, b], topic: out }
)";

/// Partition 0 and 1 of `a`, partition 0 of `b`, on the log in memory.
struct ThreeLanes {
  ThreeLanes() {
    log.create_topic("a", 2);
    log.create_topic("b", 1);
  }
  void append(const std::string& topic, std::int32_t partition, int records) {
    for (int i = 0; i < records; ++i) log.append(topic, partition, "k", "{\"x\":1}", i);
  }
  std::unique_ptr<Lanes> open(std::vector<std::int64_t> positions = {0, 0, 0}) {
    std::vector<std::unique_ptr<RecordReader>> readers;
    for (const char* topic : {"a", "b"}) readers.push_back(log.reader(topic));
    return std::make_unique<Lanes>(std::vector<Lane>{{0, 0}, {0, 1}, {1, 0}}, std::move(readers),
                                   positions, signal);
  }

  std::unique_ptr<Pipeline> pipeline = read_pipeline(std::string(kTwoSources));
  MemoryLog log;
  Signal signal;
  Lanes::Clock::time_point now = Lanes::Clock::now();
};

constexpr std::int64_t kAlign = 60'000;

TEST(Lanes, TakesRunsInOrderAndCountsWhatIsLeft) {
  ThreeLanes three;
  three.append("a", 0, 10);
  const auto lanes = three.open();
  lanes->refill(100, three.now);
  EXPECT_EQ(lanes->lag(0), 10);
  const auto first = lanes->take(0, 4);
  ASSERT_EQ(first.size(), 4U);
  EXPECT_EQ(first.back().offset, 3);
  EXPECT_EQ(lanes->position(0), 4);
  EXPECT_EQ(lanes->lag(0), 6);
  lanes->refill(100, three.now);
  const auto rest = lanes->take(0, 100);
  ASSERT_EQ(rest.size(), 6U);
  EXPECT_EQ(rest.front().offset, 4);
  EXPECT_EQ(lanes->positions(), (std::vector<std::int64_t>{10, 0, 0}));
  EXPECT_EQ(lanes->lag(0), 0);
}

TEST(Lanes, TakesNoMoreBytesThanItIsToldButOneRecordAtLeast) {
  ThreeLanes three;
  three.append("a", 0, 10);  // of 8 bytes each, the key counted
  const auto lanes = three.open();
  lanes->refill(100, three.now);
  EXPECT_EQ(lanes->take(0, 100, 24).size(), 3U);
  EXPECT_EQ(lanes->take(0, 100, 23).size(), 2U);
  EXPECT_EQ(lanes->take(0, 100, 1).size(), 1U);
  EXPECT_EQ(lanes->take(0, 2, 100).size(), 2U);
  EXPECT_EQ(lanes->take(0, 100, 100).size(), 2U);
  EXPECT_EQ(lanes->position(0), 10);
}

TEST(Lanes, BeginsWhereItIsTold) {
  ThreeLanes three;
  three.append("a", 1, 10);
  const auto lanes = three.open({0, 7, 0});
  lanes->refill(100, three.now);
  EXPECT_EQ(lanes->take(1, 100).front().offset, 7);
}

TEST(Lanes, KnowsSinceWhenAPartitionHasBeenAtItsEnd) {
  ThreeLanes three;
  three.append("a", 0, 3);
  const auto lanes = three.open();
  lanes->refill(100, three.now);
  EXPECT_FALSE(lanes->ended(0)) << "what is fetched is not read";
  EXPECT_EQ(lanes->ended(1), three.now);
  lanes->take(0, 3);
  const auto later = three.now + std::chrono::seconds(1);
  lanes->refill(100, later);
  EXPECT_EQ(lanes->ended(0), later);
  EXPECT_EQ(lanes->ended(1), three.now) << "since the first time";
  three.append("a", 1, 1);
  lanes->refill(100, later);
  EXPECT_FALSE(lanes->ended(1));
}

TEST(Lanes, GapsBehindTheLastRecordAreNoLag) {
  ThreeLanes three;
  three.append("a", 0, 1);
  Outbox outbox;
  outbox.add(0, 0, "k", "{\"x\":2}");
  std::string reason;
  ASSERT_EQ(three.log.writer("w", {"a"})->commit(outbox, {}, reason), Commit::done);
  const auto lanes = three.open();
  lanes->refill(100, three.now);
  EXPECT_EQ(lanes->take(0, 100).size(), 2U);
  lanes->refill(100, three.now);
  EXPECT_EQ(lanes->lag(0), 0);
}

TEST(Lanes, ChoosesTheLaneWhoseLastEventTimeIsSmallest) {
  ThreeLanes three;
  for (const auto& [topic, partition] : {std::pair("a", 0), std::pair("a", 1), std::pair("b", 0)})
    three.append(topic, partition, 5);
  const auto lanes = three.open();
  EventClock clock({0, 0, 0});
  EXPECT_EQ(lanes->choose(clock, kAlign), std::nullopt);
  lanes->refill(100, three.now);
  EXPECT_EQ(lanes->choose(clock, kAlign), 0U);
  clock.row(0, 100);
  EXPECT_EQ(lanes->choose(clock, kAlign), 1U);
  clock.row(1, 90);
  EXPECT_EQ(lanes->choose(clock, kAlign), 2U);
  clock.row(2, 95);
  EXPECT_EQ(lanes->choose(clock, kAlign), 1U);
  lanes->take(1, 100);
  EXPECT_EQ(lanes->choose(clock, kAlign), 2U);
  lanes->take(2, 100);
  EXPECT_EQ(lanes->choose(clock, kAlign), 0U) << "the only one with data, however far";
}

/// A reader whose records are on their way: neither records nor an end.
class SlowReader final : public RecordReader {
 public:
  void start(std::span<const PartitionOffset>, Signal&) override {}
  Fetched fetch(std::int32_t, std::size_t, std::vector<Record>&) override { return {}; }
  std::int64_t end_offset(std::int32_t) override { return -1; }
};

TEST(Lanes, ASourceFarAheadWaitsForOneWhoseRecordsAreOnTheirWay) {
  ThreeLanes three;
  three.append("a", 0, 5);
  std::vector<std::unique_ptr<RecordReader>> readers;
  readers.push_back(three.log.reader("a"));
  readers.push_back(std::make_unique<SlowReader>());
  Lanes lanes({{0, 0}, {1, 0}}, std::move(readers), {0, 0}, three.signal);
  lanes.refill(100, three.now);
  EventClock clock({0, 0});
  EXPECT_EQ(lanes.choose(clock, kAlign), 0U) << "nothing is known yet";
  clock.row(0, 100'000);
  EXPECT_EQ(lanes.choose(clock, kAlign), std::nullopt);
  clock.row(1, 100'000 - kAlign);
  EXPECT_EQ(lanes.choose(clock, kAlign), 0U);
  clock.row(0, 100'001);
  EXPECT_EQ(lanes.choose(clock, kAlign), std::nullopt);
  EXPECT_EQ(lanes.lag(1), -1);
}

}  // namespace
}  // namespace weir
