#include "pipeline/runner/source_input.h"

#include <gtest/gtest.h>

#include <fstream>

#include "connectors/memory/memory_log.h"
#include "tests/harness/file_shard.h"
#include "tests/harness/running_shard.h"

namespace weir {
namespace {

using namespace engine_test;

constexpr std::string_view kSinks = R"(
sinks:
  out: { type: kafka, input: events, topic: out }
)";

std::string source(const std::string& options) {
  return "version: 1\npipeline: one\nsources:\n  events: { " + options +
         ", fields: { x: number } }\n" + std::string(kSinks);
}

/// The only source of a pipeline, on `log`.
struct Scene {
  Scene(const std::string& options, Log& log)
      : pipeline(read_pipeline(source(options))),
        world{log, [&log](const SourceConfig&) -> Log& { return log; }, [] { return 0; }},
        node(pipeline->graph->sources[0]),
        input(node, *node.config, world) {}
  std::unique_ptr<Pipeline> pipeline;
  World world;
  const SourceNode& node;
  SourceInput input;
};

TEST(SourceInput, OfATopicAnswersForTheTopic) {
  MemoryLog log;
  const std::string at_5 = R"(start: "1970-01-01T00:00:00.005Z")";
  Scene scene("type: kafka, topic: clicks, format: json, " + at_5, log);
  EXPECT_TRUE(scene.input.grows());
  EXPECT_EQ(scene.input.name(), "clicks");
  EXPECT_EQ(scene.input.partitions(), std::nullopt) << "it is not there yet";
  log.create_topic("clicks", 2);
  for (int i = 0; i < 10; ++i) log.append("clicks", 1, "k", "{\"x\":1}", i);
  log.delete_records("clicks", 1, 3);
  EXPECT_EQ(scene.input.partitions(), 2);
  EXPECT_EQ(scene.input.range(1).first, 3);
  EXPECT_EQ(scene.input.range(1).end, 10);
  EXPECT_EQ(scene.input.start(1, 0), 5);
  EXPECT_NE(scene.input.reader(), nullptr);
  EXPECT_EQ(scene.input.to_commit(1, 0), std::nullopt) << "nothing is read yet";
  const auto offset = scene.input.to_commit(1, 7);
  ASSERT_TRUE(offset);
  EXPECT_EQ(offset->topic, "clicks");
  EXPECT_EQ(offset->partition, 1);
  EXPECT_EQ(offset->offset, 7);
}

TEST(SourceInput, BeginsAtEitherEndOfATopic) {
  MemoryLog log;
  log.create_topic("clicks", 1);
  for (int i = 0; i < 10; ++i) log.append("clicks", 0, "k", "{\"x\":1}", i);
  log.delete_records("clicks", 0, 3);
  EXPECT_EQ(Scene("type: kafka, topic: clicks, format: json", log).input.start(0, 0), 3);
  EXPECT_EQ(Scene("type: kafka, topic: clicks, format: json, start: latest", log).input.start(0, 0),
            10);
}

TEST(SourceInput, CommitsNothingToAnotherCluster) {
  MemoryLog log;
  Scene scene(
      "type: kafka, topic: clicks, format: json, kafka: { bootstrap.servers: elsewhere:9092 }",
      log);
  EXPECT_EQ(scene.input.to_commit(0, 7), std::nullopt);
}

TEST(SourceInput, OfAFileAsksNoLog) {
  TemporaryFolder folder;
  const std::string path = folder.path() / "clicks.jsonl";
  std::ofstream(path) << "{\"x\":1}\n";
  NoLog log;
  Scene scene("type: file, path: " + path + ", format: json", log);
  EXPECT_FALSE(scene.input.grows());
  EXPECT_EQ(scene.input.name(), "events");
  EXPECT_EQ(scene.input.partitions(), 1);
  EXPECT_EQ(scene.input.start(0, 0), 0);
  EXPECT_NE(scene.input.reader(), nullptr);
  EXPECT_EQ(scene.input.to_commit(0, 7), std::nullopt);
}

}  // namespace
}  // namespace weir
