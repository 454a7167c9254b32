#include "pipeline/service/topics.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/harness/running_shard.h"

namespace weir {
namespace {

using namespace engine_test;

std::string why_not(Cluster& cluster, const Pipeline& pipeline, bool create) {
  try {
    prepare_topics(*pipeline.graph, pipeline.config, cluster.world(), create);
    return {};
  } catch (const LogFailure& failure) {
    return failure.what();
  }
}

TEST(Topics, MissingOutputsAreCreatedWithThePartitionsOfTheSource) {
  const auto pipeline = read_pipeline(kDiamond);
  Cluster cluster;
  EXPECT_TRUE(why_not(cluster, *pipeline, true)
                  .starts_with("source events: topic events does not exist: create it "));
  cluster.create_sources(*pipeline->graph, 3);
  const std::string missing = why_not(cluster, *pipeline, false);
  EXPECT_TRUE(missing.starts_with("topic alerts does not exist; topic ")) << missing;
  EXPECT_TRUE(missing.ends_with("topic weir.diamond.snapshots does not exist")) << missing;
  const auto off = read_pipeline(kDiamond, {{"engine.create_topics", "false"}});
  EXPECT_EQ(why_not(cluster, *off, false), missing + " (engine.create_topics is off)");
  EXPECT_EQ(why_not(cluster, *pipeline, true), "");
  EXPECT_EQ(cluster.log().partitions("alerts"), 3);
  EXPECT_EQ(cluster.log().partitions("diamond.dead-letters"), 3);
  EXPECT_EQ(cluster.log().partitions("weir.diamond.epochs"), 1);
  EXPECT_EQ(why_not(cluster, *pipeline, false), "");
}

TEST(Topics, TheNumberOfShardsMustFitTheSourcesAndTheEpochsTopic) {
  const auto two = read_pipeline(kDiamond, {{"engine.shards", "2"}});
  Cluster cluster;
  cluster.create_sources(*two->graph, 1);
  EXPECT_EQ(why_not(cluster, *two, true),
            "source events has 1 partitions, fewer than the 2 shards");
  Cluster begun;
  begun.create_sources(*two->graph, 2);
  EXPECT_EQ(why_not(begun, *read_pipeline(kDiamond), true), "");
  EXPECT_TRUE(why_not(begun, *two, true)
                  .starts_with("topic weir.diamond.epochs has 1 partitions, one per shard, "
                               "but engine.shards is 2."));
}

TEST(Topics, EveryFaultOfTheSourcesIsNamedAtOnce) {
  const auto two = read_pipeline(kDiamond, {{"engine.shards", "2"}});
  Cluster cluster;
  const std::string missing = why_not(cluster, *two, true);
  EXPECT_TRUE(missing.ends_with("if the broker creates topics automatically; source events "
                                "has 1 partitions, fewer than the 2 shards"))
      << missing;
}

TEST(Topics, ACompactedSourceNeedsALongCompactionLag) {
  const auto pipeline = read_pipeline(kDiamond);  // a snapshot every minute
  Cluster cluster;
  cluster.create_sources(*pipeline->graph, 1);
  TopicSettings settings = cluster.log().settings("events");
  settings.compacted = true;
  cluster.log().set_settings("events", settings);
  EXPECT_EQ(why_not(cluster, *pipeline, true),
            "source events: topic events is compacted, so its records may be gone before they are "
            "replayed; set its min.compaction.lag.ms to 3600000 or more (it is 0), or give weir an "
            "uncompacted copy");
  EXPECT_EQ(cluster.log().partitions("weir.diamond.epochs"), std::nullopt);  // nothing was created
  settings.min_compaction_lag_ms = 3'599'999;
  cluster.log().set_settings("events", settings);
  EXPECT_NE(why_not(cluster, *pipeline, true), "");
  settings.min_compaction_lag_ms = 3'600'000;
  cluster.log().set_settings("events", settings);
  EXPECT_EQ(why_not(cluster, *pipeline, true), "");
  const auto rare = read_pipeline(kDiamond, {{"engine.snapshot_every", "1h"}});
  EXPECT_NE(why_not(cluster, *rare, true).find("to 36000000 or more (it is 3600000)"),
            std::string::npos);
}

}  // namespace
}  // namespace weir
