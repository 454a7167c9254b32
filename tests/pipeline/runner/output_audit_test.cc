#include "pipeline/epochs/output_audit.h"

#include <algorithm>
#include <atomic>

#include "tests/harness/running_shard.h"

// Outputs that were computed are looked for where they were written.

namespace weir {
namespace {

using namespace engine_test;
using Call = MemoryLog::Call;
using Fault = MemoryLog::Fault;

/// The diamond's rows processed by one shard after the other; commits may be torn.
struct Scene {
  explicit Scene(const Set& set = {}, std::int32_t partitions = 1)
      : pipeline(read_pipeline(kDiamond, set)), rows(random_rows(51, 300, partitions)) {
    EngineConfig& engine = pipeline->config.engine;
    engine.run_rows = 10;
    engine.epoch.ms = 0;
    cluster.create_sources(*pipeline->graph, partitions);
    cluster.append(rows);
    layout = cluster.prepare(*pipeline);
  }
  /// Lets a shard process records up to a sequence number, ten an epoch.
  void process(std::uint64_t upto, std::uint32_t shard = 0) {
    RunningShard running(*pipeline, layout, cluster.world(), folder.path(), shard);
    running.recover();
    for (std::uint64_t to = running->shard().sequence(); to < upto;) {
      to = std::min(to + 10, upto);
      ASSERT_TRUE(running.work_to(to)) << running->reason();
      running->park(false);
    }
    running->finish();
    ASSERT_EQ(running->stopped(), StopReason::none) << running->reason();
  }
  OutputAudit::Figures audit(std::uint32_t shard = 0) {
    AuditedShard audit(*pipeline, layout, cluster.world(), {}, shard, true);
    audit.verify();
    return audit->outputs_found();
  }
  std::string difference() {
    try {
      audit();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return {};
  }
  std::size_t outputs() {
    std::size_t count = 0;
    for (const std::string& topic : output_topics(*pipeline->graph))
      for (std::int32_t p = 0; p < cluster.log().partitions(topic); ++p)
        count += cluster.records(topic, p).size();
    return count;
  }

  TemporaryFolder folder;
  std::atomic<int> commits{0};
  int tear = -1;  // this commit
  Fault how = Fault::partial_rest;
  Cluster cluster{{.hook = [this](const Call& call) {
    if (call.kind != Call::Kind::commit || call.after || !call.name.starts_with("weir.diamond.") ||
        call.name.find("snapshots") != std::string_view::npos)
      return Fault::none;
    return commits++ == tear ? how : Fault::none;
  }}};
  std::unique_ptr<Pipeline> pipeline;
  std::vector<Row> rows;
  Layout layout;
};

TEST(OutputAudit, FindsEveryOutputWithDeadLettersThroughChangesOfThePipeline) {
  Scene scene;
  scene.process(100);
  auto changed = read_pipeline(kDiamond, {{"operators.large.when", "amount > 5000"}});
  changed->config.engine = scene.pipeline->config.engine;
  std::swap(scene.pipeline, changed);
  scene.process(200);
  std::swap(scene.pipeline, changed);
  scene.process(300);
  const OutputAudit::Figures figures = scene.audit();
  EXPECT_EQ(figures.found, scene.outputs());
  EXPECT_GT(scene.cluster.records("diamond.dead-letters", 0).size(), 0U);
  EXPECT_EQ(figures.unknown, 0U);
}

TEST(OutputAudit, SkipsRecordsOfOtherWriters) {
  Scene scene(Set{{"engine.shards", "2"}}, 2);
  const auto count = [&](std::int32_t partition) {
    return static_cast<std::uint64_t>(std::ranges::count(scene.rows, partition, &Row::partition));
  };
  for (const std::uint64_t part : {3, 2, 1})
    for (const std::uint32_t shard : {0, 1}) {
      scene.process(count(static_cast<std::int32_t>(shard)) / part, shard);
      for (const std::string& topic : output_topics(*scene.pipeline->graph))
        scene.cluster.log().append(topic, 0, "who", "knows", 1'700'000'000'000);
    }
  const std::uint64_t found = scene.audit(0).found + scene.audit(1).found;
  EXPECT_EQ(found, scene.outputs() - 6 * output_topics(*scene.pipeline->graph).size());
}

TEST(OutputAudit, FindsATornEpoch) {
  int torn = 0;
  for (int commit = 1; commit < 20; commit += 2) {
    SCOPED_TRACE("commit " + std::to_string(commit));
    Scene scene;
    scene.tear = commit;
    scene.process(300);
    const std::string said = scene.difference();
    EXPECT_EQ(verified(*scene.pipeline, scene.layout, scene.cluster.world()).output == 0, false)
        << "replay alone does not see it";
    if (said.empty()) continue;  // an epoch without outputs
    ++torn;
    EXPECT_NE(said.find("outputs for"), std::string::npos) << said;
    EXPECT_NE(said.find("are missing"), std::string::npos) << said;
  }
  EXPECT_GE(torn, 5);
}

TEST(OutputAudit, OutputsThatRetentionDeletedAreUnknownNotMissing) {
  Scene scene;
  scene.process(300);
  const std::uint64_t all = scene.outputs();
  const auto end = scene.cluster.log().offsets("all", 0).end;
  scene.cluster.log().delete_records("all", 0, end / 2);
  const std::uint64_t left = scene.outputs();
  OutputAudit::Figures figures = scene.audit();
  EXPECT_EQ(figures.found, left);
  EXPECT_EQ(figures.unknown, all - left);
  scene.cluster.log().delete_records("all", 0, end);
  figures = scene.audit();
  EXPECT_EQ(figures.found, scene.outputs());
  EXPECT_EQ(figures.found + figures.unknown, all);
}

TEST(OutputAudit, AfterRetentionATornEpochIsStillFound) {
  Scene scene;
  scene.tear = 25;
  scene.process(300);
  ASSERT_NE(scene.difference(), "");
  const auto range = scene.cluster.log().offsets("all", 0);
  scene.cluster.log().delete_records("all", 0, range.first + 20);
  EXPECT_NE(scene.difference().find("are missing"), std::string::npos);
}

TEST(OutputAudit, ADeliveryAtLeastOnceMayHaveWrittenThemTwice) {
  Scene scene(Set{{"engine.delivery", "at_least_once"}});
  scene.tear = 6;
  scene.how = Fault::answer_lost;
  scene.process(300);
  const OutputAudit::Figures figures = scene.audit();
  EXPECT_GT(figures.found, 0U);
  EXPECT_GE(scene.outputs(), figures.found);
}

}  // namespace
}  // namespace weir
