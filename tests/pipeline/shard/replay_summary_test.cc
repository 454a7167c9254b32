#include "pipeline/shard/replay_summary.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/harness/pipelines.h"

namespace weir {
namespace {

using engine_test::read_pipeline;

constexpr std::string_view kPipeline = R"(version: 1
pipeline: learns
sources:
  rows:
    type: kafka
    topic: rows
    format: json
    time: ts
    fields: { id: text, x: number, y: number, ts: time }
operators:
  model:
    type: model
    input: rows
    features: [x]
    target: y
    fallback: 0
    steps: [ linear_regression ]
sinks:
  out: { type: kafka, input: model, topic: out }
)";

/// A shard without a log, that was given rows of a file.
struct Scene {
  explicit Scene(std::string_view yaml = kPipeline)
      : pipeline(read_pipeline(std::string(yaml))), shard(*pipeline->graph, settings()) {
    shard.write_to(outbox);
  }
  static Shard::Settings settings() {
    Shard::Settings all;
    all.lanes = {{0, 0}};
    all.partitions = {1, 1};
    all.origins = {"rows"};
    all.check_ahead = false;
    return all;
  }
  void add(const std::string& value) {
    Record record;
    record.offset = records++;
    record.value = value;
    shard.add(0, record);
    shard.flush();
  }
  ReplayResult result() { return {shard, {"rows.json"}, static_cast<std::uint64_t>(records), 0.5}; }

  std::unique_ptr<Pipeline> pipeline;
  Outbox outbox;
  Shard shard;
  std::int64_t records = 0;
};

TEST(ReplaySummary, ShowsWhichRecordsWereLostAndWhy) {
  Scene scene;
  scene.add(R"({"id":"a","x":1,"y":2,"ts":5000})");
  scene.add(R"({"id":"b","x":"no","y":2,"ts":5001})");
  scene.add(R"({"id":"c","x":"none","y":2,"ts":5002})");
  const Json json = replay_summary(scene.result());
  EXPECT_EQ(json["dead_letters"], Json::parse(R"({"type":2})"));
  ASSERT_EQ(json["dead_letter_examples"].size(), 1u);
  const Json& example = json["dead_letter_examples"][0];
  EXPECT_EQ(example["reason"], "type");
  EXPECT_EQ(example["count"], 2);
  EXPECT_EQ(example["field"], "x");
  EXPECT_EQ(example["source"], "rows");
  EXPECT_EQ(example["row"], 2);
  const std::string text = replay_text(scene.result());
  EXPECT_NE(text.find("dead letters: 2 type, all of field x; the first is row 2 of rows.json: x: "),
            std::string::npos)
      << text;
  EXPECT_EQ(replay_failure(scene.result()), "");
}

TEST(ReplaySummary, NamesTheWatchedFieldsThatHaveNoData) {
  Scene scene(R"(version: 1
pipeline: watches
sources:
  rows:
    type: kafka
    topic: rows
    format: json
    time: ts
    fields: { x: number, y: number, ts: time }
operators:
  watch: { type: drift, input: rows, fields: [x, y], detector: { mean_shift: { window: 10 } } }
sinks:
  out: { type: kafka, input: watch, topic: out }
)");
  for (int i = 0; i < 5; ++i) scene.add(R"({"y":1,"ts":5000})");
  EXPECT_EQ(replay_text(scene.result()).find("no data"), std::string::npos);
  scene.add(R"({"x":1,"y":1,"ts":5000})");
  scene.add(R"({"y":1,"ts":5000})");
  const std::string text = replay_text(scene.result());
  EXPECT_NE(text.find(" no data: x (86 % of its last rows have no value)\n"), std::string::npos)
      << text;
  const Json watch = replay_summary(scene.result())["operators"]["watch"];
  EXPECT_EQ(watch["drift_state"], Json::parse(R"({"x":3,"y":0})"));
  EXPECT_EQ(watch["drift_null_ratio"]["y"], 0);
}

TEST(ReplaySummary, ShowsLateRowsAndThatAFileIsNotInOrder) {
  Scene scene;
  scene.add(R"({"id":"a","x":1,"y":2,"ts":5000})");
  EXPECT_EQ(replay_text(scene.result()).find("late"), std::string::npos);
  for (int i = 0; i < 20; ++i) scene.add(R"({"id":"a","x":1,"y":2,"ts":90000})");
  scene.add(R"({"id":"b","x":1,"y":2,"ts":4000})");
  const std::string text = replay_text(scene.result());
  EXPECT_NE(text.find("rows.json is not in the order of its times: 1 of 22 rows were late. Sort it "
                      "by `ts`, or give source `rows` a longer `lateness`"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("not used: late rows 1"), std::string::npos) << text;
}

/// Learns a `kind`, with further options.
std::string kinds(const std::string& options) {
  return R"(version: 1
pipeline: kinds
sources:
  rows: { type: kafka, topic: rows, format: json, fields: { x: number, kind: text } }
operators:
  model: { type: model, input: rows, features: [x], target: kind, )" +
         options + R"(, steps: [ standard_scaler, softmax_regression ] }
sinks:
  out: { type: kafka, input: model, topic: out }
)";
}

/// What a replay of three labels says: two of them known, one not.
std::string said_of_labels(const std::string& options) {
  Scene scene(kinds(options));
  for (const char* kind : {"low", "high", "strange"})
    scene.add(R"({"x":1,"kind":")" + std::string(kind) + "\"}");
  return replay_text(scene.result());
}

TEST(ReplaySummary, CountsLabelsThatAreNoneOfTheClasses) {
  for (const char* options : {"classes: [low, high]", "max_classes: 2"}) {
    const std::string text = said_of_labels(options);
    EXPECT_NE(text.find("not used: rows unknown_class 1\n"), std::string::npos) << text;
  }
  const std::string all = said_of_labels("classes: [low, high, strange]");
  EXPECT_EQ(all.find("not used"), std::string::npos) << all;
}

TEST(ReplaySummary, ShowsLabelsThatAreDeadLetters) {
  const std::string text = said_of_labels("classes: [low, high], unknown_class: dead_letter");
  EXPECT_NE(text.find("dead letters: 1 label_class, all of field kind; the first is row 3 of "
                      "rows.json: kind: strange is not one of `classes`"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("unknown_class"), std::string::npos) << text;
}

TEST(ReplaySummary, ARunInWhichEveryRecordWasLostHasFailed) {
  Scene scene;
  EXPECT_EQ(replay_failure(scene.result()), "") << "an empty file is no failure";
  scene.add("no json");
  scene.add("no json");
  EXPECT_EQ(replay_failure(scene.result()), "no record could be used");
  scene.add(R"({"id":"a","x":1,"y":2,"ts":5000})");
  EXPECT_EQ(replay_failure(scene.result()), "");
}

TEST(ReplaySummary, ARunInWhichAModelServedOnlyItsFallbackHasFailed) {
  Scene scene;
  for (int i = 0; i < 3; ++i) scene.add(R"({"id":"a","y":2,"ts":5000})");
  EXPECT_EQ(replay_failure(scene.result()), "model model served no row but its fallback");
  EXPECT_NE(replay_text(scene.result()).find("fallback served missing 3"), std::string::npos)
      << replay_text(scene.result());
  scene.add(R"({"id":"a","x":1,"y":2,"ts":5000})");
  EXPECT_EQ(replay_failure(scene.result()), "");
}

}  // namespace
}  // namespace weir
