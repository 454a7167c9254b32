#include "pipeline/runner/time_watch.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/harness/pipelines.h"

namespace weir {
namespace {

using namespace engine_test;

constexpr std::int64_t kNow = 1'704'067'200'000;
constexpr std::int64_t kWrong = 4'102'444'800'000;  // 2100

/// A shard of one source, with a minute between its rows.
struct Scene {
  explicit Scene(const std::string& time)
      : pipeline(read_pipeline(R"(
version: 1
pipeline: watched
sources:
  tx: { type: kafka, topic: tx, )" + time + R"( }
sinks:
  out: { type: kafka, topic: out, input: tx }
)")),
        shard(*pipeline->graph, settings()) {
    shard.write_to(outbox);
  }
  static Shard::Settings settings() {
    Shard::Settings all;
    all.lanes = {{0, 0}};
    all.partitions = {1, 1};
    all.origins = {"tx"};
    return all;
  }
  void add(std::int64_t event_time, std::int64_t timestamp) {
    const std::string value = "{\"x\":1,\"at\":" + std::to_string(event_time) + "}";
    Record record;
    record.timestamp = timestamp;
    record.value = value;
    shard.add(0, record);
  }
  std::vector<Notice> told() {
    watch.watch(shard, notices);
    return notices.take();
  }

  std::unique_ptr<Pipeline> pipeline;
  Outbox outbox;
  Shard shard;
  TimeWatch watch;
  Notices notices;
};

constexpr std::string_view kMilliseconds = "time: at, ahead: 2h, fields: { x: number, at: time }";

TEST(TimeWatch, WarnsOnceOfASourceWithOneFarRowInAHundred) {
  for (const int every : {200, 40}) {
    Scene scene{std::string(kMilliseconds)};
    for (int i = 0; i < 999; ++i) {
      const std::int64_t time = kNow + i * 60'000;
      const bool wrong = i % every == every - 1;
      scene.add(wrong ? kWrong : time, wrong ? kWrong : time);
    }
    EXPECT_TRUE(scene.told().empty()) << "too few rows";
    scene.add(kNow + 999 * 60'000, kNow + 999 * 60'000);
    const std::vector<Notice> told = scene.told();
    if (every == 200) {
      EXPECT_TRUE(told.empty());
      continue;
    }
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].level, Notice::Level::warning);
    EXPECT_EQ(told[0].text,
              "source tx: 24 of 1000 rows (2.4 %) have an event time (field `at`) far beyond the "
              "newest rows; 24 were not confirmed by others and count as the newest. A producer's "
              "clock may be wrong, or `ahead: 7200 s` is shorter than the pauses of the stream.");
    EXPECT_TRUE(scene.told().empty()) << "once";
  }
}

TEST(TimeWatch, AsksForTheUnitOfTimesThatLieDecadesBack) {
  Scene scene{std::string(kMilliseconds)};
  for (int i = 0; i < 10; ++i) scene.add((kNow + i * 60'000) / 1000, kNow + i * 60'000);
  const std::vector<Notice> told = scene.told();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].text,
            "source tx: 10 of 10 rows (100.0 %) have an event time (field `at`) decades before the "
            "record's own timestamp. The unit of its whole numbers is ms: is the field in seconds? "
            "`unit: s`");
  EXPECT_TRUE(scene.told().empty()) << "once";
}

TEST(TimeWatch, SaysNothingOfABacklogOrOfTimesInSeconds) {
  Scene backlog{std::string(kMilliseconds)};
  Scene seconds("time: at, fields: { x: number, at: { time: { unit: s } } }");
  for (int i = 0; i < 2000; ++i) {
    const std::int64_t time = kNow + i * 60'000;
    backlog.add(time, time + 10LL * 365 * 86'400'000);
    seconds.add(time / 1000, time);
  }
  EXPECT_TRUE(backlog.told().empty());
  EXPECT_TRUE(seconds.told().empty());
}

}  // namespace
}  // namespace weir
