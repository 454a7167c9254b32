// Sinks with `headers: pass`, over crashes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/running_shard.h"

namespace weir {
namespace {

using namespace engine_test;

constexpr std::string_view kPassing = R"(version: 1
pipeline: passes
sources:
  rows: { type: kafka, topic: rows, fields: { id: text, x: number, y: number } }
operators:
  model: { type: model, input: rows, features: [x], target: y, steps: [linear_regression] }
sinks:
  out: { type: kafka, topic: out, input: model, fields: [id], headers: pass }
)";

/// A log with rows whose headers name them, and shards that come and go.
struct Scene {
  Scene() : pipeline(read_pipeline(std::string(kPassing))) {
    EngineConfig& engine = pipeline->config.engine;
    engine.batch_rows = 16;
    engine.run_rows = 10;
    engine.epoch.ms = 0;
    engine.snapshot_every.ms = 1;
    cluster.create_sources(*pipeline->graph, 1);
    layout = cluster.prepare(*pipeline);
  }
  void append(int count) {
    for (const int end = rows + count; rows < end; ++rows) {
      const std::string id = std::to_string(rows);
      const Header headers[] = {{"id", id}, {"null", {}}, {"id", "twice"}};
      cluster.log().append("rows", 0, std::nullopt, R"({"id":")" + id + R"(","x":1,"y":2})",
                           1'600'000'000'000 + rows, {headers, rows % 4 == 0 ? 0U : 3U});
    }
  }
  /// How many outputs there are, each with the headers of its row.
  int checked_outputs() {
    Signal signal;
    const auto reader = cluster.log().reader("out");
    const PartitionOffset from{0, 0};
    reader->start({&from, 1}, signal);
    std::vector<Record> fetched;
    reader->fetch(0, SIZE_MAX, fetched);
    int count = 0;
    for (const Record& record : fetched) {
      const std::string id = std::to_string(count++);
      EXPECT_EQ(record.value, R"({"id":")" + id + R"("})");
      if (count % 4 == 1) {
        EXPECT_EQ(record.headers.size(), 0U) << id;
        continue;
      }
      if (record.headers.size() != 3) return ADD_FAILURE() << id, -1;
      EXPECT_EQ(record.headers[0].value, id);
      EXPECT_EQ(record.headers[1].value.data(), nullptr);
      EXPECT_EQ(record.headers[2].value, "twice");
    }
    return count;
  }

  TemporaryFolder folder;
  Cluster cluster;
  std::unique_ptr<Pipeline> pipeline;
  Layout layout;
  int rows = 0;
};

TEST(PassedHeadersOverCrashes, AreThereOnceAndTheSameInAReplay) {
  Scene scene;
  Hashes live;
  for (const std::uint64_t more : {70, 55, 101, 64}) {
    scene.append(static_cast<int>(more));
    RunningShard shard(*scene.pipeline, scene.layout, scene.cluster.world(), scene.folder.path());
    shard.recover();
    ASSERT_TRUE(shard.work_to(static_cast<std::uint64_t>(scene.rows))) << shard->reason();
    if (scene.rows < 290) continue;  // it dies with an epoch that is not committed
    shard->finish();
    live = shard.hashes();
  }
  EXPECT_EQ(scene.checked_outputs(), 290);
  EXPECT_EQ(verified(*scene.pipeline, scene.layout, scene.cluster.world()), live);
}

}  // namespace
}  // namespace weir
