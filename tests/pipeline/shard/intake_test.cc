#include "pipeline/shard/intake.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/harness/pipelines.h"

namespace weir {
namespace {

using engine_test::read_pipeline;

constexpr std::int64_t kNow = 1'600'000'000'000;

std::string one_source(const std::string& time) {
  return R"(version: 1
pipeline: one
sources:
  events: { type: kafka, topic: events, format: json, key: id, )" +
         time + R"( fields: { id: text, x: number, ts: time } }
operators:
  all: { type: filter, input: events, when: x > 0 }
sinks:
  out: { type: kafka, input: all, topic: out }
)";
}

class IntakeTest : public testing::Test {
 protected:
  /// Of a source with this much to say of its times, at most four rows a step.
  Intake intake(const std::string& time, bool check_ahead = true) {
    pipeline_ = read_pipeline(one_source(time));
    const SourceNode& source = pipeline_->graph->sources[0];
    return Intake(source, *source.config->format, 4, check_ahead);
  }
  std::optional<std::int64_t> decode(Intake& intake, std::string_view value,
                                     std::int64_t timestamp = kNow) {
    Record record;
    record.timestamp = timestamp;
    record.value = value;
    intake.open(arena_);
    return intake.decode(record, arena_, bad_);
  }

  std::unique_ptr<Pipeline> pipeline_;
  Arena arena_;
  BadRecord bad_;
};

TEST_F(IntakeTest, GivesTheRowsThatWereKeptAtTheirPlaces) {
  Intake events = intake("time: ts,");
  ASSERT_EQ(decode(events, R"({"id":"a","x":1.5,"ts":1600000000000})"), kNow);
  events.keep(2, false);
  EXPECT_EQ(decode(events, R"({"id":"lost","x":)"), std::nullopt);
  EXPECT_EQ(bad_.reason, Reason::json);
  events.lose();
  ASSERT_EQ(decode(events, R"({"id":"b","x":2.5,"ts":1599999999000})"), kNow - 1'000);
  events.keep(5, true);
  Batch batch;
  batch.schema = &pipeline_->graph->streams[0].schema;
  events.give(batch);
  ASSERT_EQ(batch.rows, 2u);
  EXPECT_EQ(batch.positions[0], 2u);
  EXPECT_EQ(batch.positions[1], 5u);
  const std::size_t x = *batch.schema->find("x");
  EXPECT_EQ(batch.number(x, 0), 1.5);
  EXPECT_EQ(batch.number(x, 1), 2.5);
  EXPECT_EQ(events.counts().rows, 2u);
  EXPECT_EQ(events.counts().bad, 1u);
  EXPECT_EQ(events.counts().late, 1u);
}

TEST_F(IntakeTest, HasNothingToGiveUntilARecordComesInTheStep) {
  Intake events = intake("time: ts,");
  Batch batch;
  events.give(batch);
  EXPECT_EQ(batch.rows, 0u);
  decode(events, R"({"id":"a","x":1.5,"ts":1600000000000})");
  events.keep(0, false);
  events.give(batch);
  EXPECT_EQ(batch.rows, 1u);
  events.close();
  events.give(batch);
  EXPECT_EQ(batch.rows, 0u);
}

TEST_F(IntakeTest, ARecordsTimestampThatIsNoTimeIsBadWhereItIsTheEventTime) {
  Intake events = intake("");
  EXPECT_EQ(decode(events, R"({"id":"a","x":1})", kNow), kNow);
  EXPECT_EQ(decode(events, R"({"id":"a","x":1})", std::numeric_limits<std::int64_t>::max()),
            std::nullopt);
  EXPECT_EQ(bad_.reason, Reason::time);
  EXPECT_EQ(bad_.field, "");
}

TEST_F(IntakeTest, AnEventTimeFarBeyondTheRecordsOwnTimestampIsBad) {
  Intake events = intake("time: ts, ahead: 1h,");
  const std::string hour = R"({"id":"a","x":1,"ts":1600003600000})";
  EXPECT_EQ(decode(events, hour, kNow), kNow + 3'600'000) << "as far as it may be";
  EXPECT_EQ(decode(events, hour, kNow - 1), std::nullopt);
  EXPECT_EQ(bad_.reason, Reason::time_ahead);
  EXPECT_EQ(bad_.field, "ts");
  EXPECT_EQ(decode(events, hour, -1), kNow + 3'600'000) << "a record without a timestamp";
  Intake files = intake("time: ts, ahead: 1h,", false);
  EXPECT_EQ(decode(files, hour, 0), kNow + 3'600'000) << "where it is not asked";
}

TEST_F(IntakeTest, AnIdThatIsANumberBeyond2To53IsBad) {
  pipeline_ = read_pipeline(R"(version: 1
pipeline: one
sources:
  events: { type: kafka, topic: events, format: json, key: id, fields: { id: number, x: number } }
sinks:
  out: { type: kafka, input: events, topic: out }
)");
  const SourceNode& source = pipeline_->graph->sources[0];
  Intake events(source, *source.config->format, 4, true);
  EXPECT_EQ(decode(events, R"({"id":1610521604143693811,"x":1})"), std::nullopt);
  EXPECT_EQ(bad_.reason, Reason::range);
  EXPECT_EQ(bad_.field, "id");
  EXPECT_EQ(decode(events, R"({"id":9007199254740993,"x":1})"), std::nullopt);
  EXPECT_EQ(decode(events, R"({"id":9007199254740991,"x":1610521604143693811})"), kNow);
}

TEST_F(IntakeTest, CountsTimesThatLieDecadesBeforeTheRecordsOwnTimestamp) {
  Intake events = intake("time: ts,");
  const std::int64_t twenty_years = 20LL * 365 * 86'400'000;
  const auto at = [](std::int64_t time) {
    return R"({"id":"a","x":1,"ts":)" + std::to_string(time) + "}";
  };
  EXPECT_TRUE(decode(events, at(kNow - twenty_years), kNow));
  EXPECT_EQ(events.counts().behind, 0U);
  EXPECT_TRUE(decode(events, at(kNow - twenty_years - 1), kNow));
  EXPECT_EQ(events.counts().behind, 1U);
  EXPECT_TRUE(decode(events, at(-2'000'000'000'000), -1)) << "a record without a timestamp";
  EXPECT_EQ(events.counts().behind, 1U);
}

}  // namespace
}  // namespace weir
