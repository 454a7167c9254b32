#include "pipeline/runner/pipeline_in_force.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "pipeline/epochs/control_lane.h"
#include "tests/harness/file_shard.h"

namespace weir {
namespace {

using namespace engine_test;

const Set kOther = {{"operators.drift.detector.mean_shift.window", "4"}};

struct Scene {
  explicit Scene(bool accept_new_logic = false)
      : pipeline(*files.pipeline().graph, files.layout(), files.world(),
                 {.resolved = resolved(files.pipeline()), .accept_new_logic = accept_new_logic}) {}
  static std::string resolved(const Pipeline& of) { return resolved_config(of.config); }

  FileShard files;
  std::unique_ptr<Pipeline> other = files.pipeline(kOther);
  PipelineInForce pipeline;
};

TEST(PipelineInForce, BeginsWithThatOfTheFile) {
  Scene scene;
  EXPECT_TRUE(scene.pipeline.is_live());
  EXPECT_EQ(&scene.pipeline.graph(), &*scene.files.pipeline().graph);
  ASSERT_EQ(scene.pipeline.lanes().size(), 1U);
  EXPECT_EQ(scene.pipeline.partition_counts(), (PipelineInForce::Partitions{{"events", 1}}));
  EXPECT_EQ(scene.pipeline.epochs_topic(), 2U);
}

TEST(PipelineInForce, ARecordedPipelineIsTheFilesIfBothComputeTheSame) {
  Scene scene;
  const auto same = scene.pipeline.recorded(Scene::resolved(scene.files.pipeline()), {}, 7);
  EXPECT_EQ(&same.graph(), &scene.pipeline.graph());
  EXPECT_EQ(same.record_bytes(), 7U);
  const auto renamed = scene.files.pipeline({{"engine.epoch", "7ms"}});
  EXPECT_EQ(&scene.pipeline.recorded(Scene::resolved(*renamed), {}, 0).graph(),
            &scene.pipeline.graph())
      << "how it is run is nothing that it computes";
}

TEST(PipelineInForce, AnotherOneIsKeptUntilItsShardIsGone) {
  Scene scene;
  scene.pipeline.follow(scene.pipeline.graph().fingerprint);
  EXPECT_FALSE(scene.pipeline.differs_from_live());
  const auto before =
      scene.pipeline.adopt(scene.pipeline.recorded(Scene::resolved(*scene.other), {}, 9));
  EXPECT_EQ(&before.graph(), &*scene.files.pipeline().graph);
  EXPECT_FALSE(scene.pipeline.is_live());
  EXPECT_TRUE(scene.pipeline.differs_from_live());
  EXPECT_EQ(scene.pipeline.graph().fingerprint, scene.other->graph->fingerprint);
  EXPECT_EQ(scene.pipeline.record_bytes(), 9U);
  const auto recorded = scene.pipeline.adopt(scene.pipeline.live(9));
  EXPECT_TRUE(scene.pipeline.is_live());
  EXPECT_EQ(recorded.graph().nodes.size(), 2U) << "it is still there";
}

TEST(PipelineInForce, AnotherNumberOfPartitionsIsRefusedAndNothingHasChanged) {
  Scene scene;
  const std::string resolved = Scene::resolved(scene.files.pipeline());
  EXPECT_THROW(scene.pipeline.recorded(resolved, {{"events", 2}}, 0), std::runtime_error);
  EXPECT_TRUE(scene.pipeline.is_live());
}

TEST(PipelineInForce, OtherArithmeticIsRefusedUnlessItIsAccepted) {
  EpochRecord record;
  record.logic = 4711;
  Scene strict;
  EXPECT_THROW(strict.pipeline.check_logic(record), std::runtime_error);
  Scene scene(true);
  scene.pipeline.check_logic(record);
  EXPECT_EQ(scene.pipeline.accepted(), 4711U);
  EXPECT_TRUE(scene.pipeline.differs_from_live());
  scene.pipeline.settle();
  EXPECT_EQ(scene.pipeline.accepted(), std::nullopt);
  EXPECT_FALSE(scene.pipeline.differs_from_live());
  record.logic = scene.pipeline.graph().fingerprint;
  strict.pipeline.check_logic(record);  // its own
}

TEST(PipelineInForce, InputIsCarriedWhereBothReadTheSameTopicUnderTheSameName) {
  Scene scene;
  const auto renamed =
      read_pipeline("version: 1\npipeline: payments\n" + std::string(kEvents) +
                    "sinks: { all: { type: kafka, input: events, topic: all } }\n");
  const Graph& from = *scene.files.pipeline().graph;
  Cursor cursor({{{"events", 0}, 5}, {{"gone", 0}, 7}});
  cursor.set(kControlSource, 0, 3);
  EXPECT_EQ(carried(cursor, from, *scene.other->graph),
            Cursor({{{"events", 0}, 5}, {{std::string(kControlSource), 0}, 3}}));
  EXPECT_EQ(carried(cursor, from, *renamed->graph),
            Cursor({{{std::string(kControlSource), 0}, 3}}))
      << "a topic under the name of a file is another input";
}

}  // namespace
}  // namespace weir
