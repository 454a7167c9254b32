#include <algorithm>
#include <atomic>

#include "pipeline/epochs/control_lane.h"
#include "pipeline/core/topic_names.h"
#include "pipeline/service/topics.h"
#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/running_shard.h"

// Commands are input: recorded in their place, replayed there, part of what recovery brings back.

namespace weir {
namespace {

namespace fs = std::filesystem;
using namespace engine_test;
using Call = MemoryLog::Call;
using Fault = MemoryLog::Fault;

/// The diamond on a log of its own, with rows that come and commands between them.
struct Scene {
  explicit Scene(const Set& set = {}, std::size_t batch_rows = 16, bool with_topic = true)
      : pipeline(read_pipeline(kDiamond, set)), rows(random_rows(41, 400)) {
    EngineConfig& engine = pipeline->config.engine;
    engine.batch_rows = batch_rows;
    engine.run_rows = 10;
    engine.epoch.ms = 0;
    engine.snapshot_every.ms = 3'600'000;
    cluster.create_sources(*pipeline->graph, 1);
    if (with_topic) {
      layout = cluster.prepare(*pipeline);
    } else {
      for (const SinkNode& sink : pipeline->graph->sinks)
        cluster.log().create_topic(sink.config->spec->topic(), 1);
      cluster.log().create_topic(dead_letters_topic("diamond"), 1);
      cluster.log().create_topic(epochs_topic("diamond"), 1);
      cluster.log().create_topic("weir.diamond.snapshots", 1);
      layout = prepare_topics(*pipeline->graph, pipeline->config, cluster.world(), false);
    }
  }

  void start(const fs::path& at = {}) {
    shard.reset();
    shard = std::make_unique<RunningShard>(*pipeline, layout, cluster.world(),
                                           at.empty() ? folder.path() : at);
    shard->recover();
  }
  void send(const std::string& value) {
    cluster.log().append(control_topic("diamond"), 0, std::nullopt, value, 1'600'000'000'000);
  }
  void tell(const std::string& command, const std::string& name = "fraud") {
    send(Command{command, name}.write());
  }
  /// Lets more rows come and be processed.
  void process(std::size_t more) {
    cluster.append(std::span(rows).subspan(sent, more));
    sent += more;
    catch_up();
  }
  /// Lets everything be processed and committed.
  void catch_up() {
    ASSERT_TRUE(shard->work_until([&] { return caught_up(); })) << (*shard)->reason();
  }
  bool caught_up() {
    std::int64_t rows_done = 0, commands_done = 0;
    for (const EpochRecord& record : read_epochs(cluster.log(), "diamond", 0, 0)) {
      if (record.begin)
        for (const auto& [lane, offset] : record.begin->start)
          (lane.first == kControlSource ? commands_done : rows_done) = offset;
      for (const Run& run : record.runs)
        (run.source == kControlSource ? commands_done : rows_done) = run.last + 1;
    }
    const std::string control = control_topic("diamond");
    return rows_done >= cluster.log().offsets("events", 0).end &&
           (!cluster.log().partitions(control) ||
            commands_done >= cluster.log().offsets(control, 0).end);
  }
  double figure(const std::string& name, const std::string& node = "fraud") {
    MetricSamples samples;
    (*shard)->report(samples);
    for (const MetricSamples::Sample& sample : samples.all())
      if (sample.metric->name == name &&
          (sample.label("operator") == node || sample.label("outcome") == node))
        return sample.number();
    return -1;
  }
  Hashes verify() { return verified(*pipeline, layout, cluster.world()); }
  std::size_t commands() {
    std::size_t count = 0;
    for (const EpochRecord& record : read_epochs(cluster.log(), "diamond", 0, 0))
      for (const Run& run : record.runs)
        if (run.source == kControlSource) count += run.count;
    return count;
  }

  TemporaryFolder folder;
  std::atomic<std::int64_t> calls_left{std::numeric_limits<std::int64_t>::max()};
  Cluster cluster{{.hook = [this](const Call&) {
    if (--calls_left < 0) throw Killed();
    return Fault::none;
  }}};
  std::unique_ptr<Pipeline> pipeline;
  std::vector<Row> rows;
  std::size_t sent = 0;
  Layout layout;
  std::unique_ptr<RunningShard> shard;
};

bool says(const std::vector<std::string>& notes, const std::string& text) {
  return std::ranges::any_of(
      notes, [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

TEST(Control, FreezeStopsTheUpdatesOfOneModelAndUnfreezeResumesThem) {
  Scene scene;
  scene.start();
  scene.process(150);
  const double before = scene.figure("weir_model_updates_total");
  ASSERT_GT(before, 0);
  scene.tell("freeze");
  scene.catch_up();
  const double others = scene.figure("weir_model_updates_total", "large_fraud");
  scene.process(150);
  EXPECT_EQ(scene.figure("weir_model_frozen"), 1);
  EXPECT_EQ(scene.figure("weir_model_frozen", "large_fraud"), 0);
  EXPECT_EQ(scene.figure("weir_model_updates_total"), before);
  EXPECT_GT(scene.figure("weir_model_updates_total", "large_fraud"), others);
  scene.tell("unfreeze");
  scene.process(100);
  EXPECT_EQ(scene.figure("weir_model_frozen"), 0);
  EXPECT_GT(scene.figure("weir_model_updates_total"), before);
  EXPECT_TRUE(says(scene.shard->notes(), "operator fraud: freeze"));
  EXPECT_EQ(scene.figure("weir_commands_total", "done"), 2);
  (*scene.shard)->finish();
  EXPECT_EQ(scene.verify(), scene.shard->hashes());
}

TEST(Control, CommandsBetweenRowsGiveTheSameBitsInStepsOfAnySize) {
  std::vector<Hashes> all;
  for (const std::size_t batch_rows : {1, 7, 4096}) {
    Scene scene(Set(), batch_rows);
    scene.start();
    const char* commands[] = {"freeze", "unfreeze", "melt", "freeze"};
    for (std::size_t part = 0; part < 4; ++part) {
      scene.process(83);
      scene.tell(commands[part]);
      scene.tell("freeze", "large_fraud");
      scene.catch_up();
    }
    scene.process(68);
    (*scene.shard)->finish();
    all.push_back(scene.shard->hashes());
    EXPECT_EQ((*scene.shard)->shard().sequence() - 8, 400U) << "each takes a sequence number";
    for (const std::size_t again : {1, 16, 4096}) {
      scene.pipeline->config.engine.batch_rows = again;
      EXPECT_EQ(scene.verify(), all.back()) << batch_rows << " again by " << again;
    }
  }
  EXPECT_EQ(all[0], all[1]);
  EXPECT_EQ(all[0], all[2]);
}

TEST(Control, ACrashAnywhereAroundACommandCarriesItOutOnce) {
  int crashes = 0;
  for (std::int64_t calls = 0; calls < (kSanitized ? 60 : 240); calls += 3) {
    SCOPED_TRACE("killed after " + std::to_string(calls) + " calls");
    Scene scene;
    scene.pipeline->config.engine.snapshot_every.ms = calls % 2 == 0 ? 1 : 3'600'000;
    scene.start();
    scene.process(100);
    const double before = scene.figure("weir_model_updates_total");
    scene.tell("freeze");
    scene.cluster.append(std::span(scene.rows).subspan(100, 60));
    scene.sent = 160;
    scene.calls_left = calls;
    try {
      for (int turn = 0; turn < 200; ++turn)
        if ((*scene.shard)->stopped() != StopReason::none || !(*scene.shard)->work()) break;
    } catch (const Killed&) {
    }
    scene.calls_left = 0;  // its commit in flight, too
    scene.shard.reset();
    ++crashes;
    scene.calls_left = std::numeric_limits<std::int64_t>::max();
    scene.start();
    scene.process(40);
    EXPECT_EQ(scene.commands(), 1U);
    EXPECT_EQ(scene.figure("weir_model_frozen"), 1);
    // Rows that were processed before the command may have been lost and come after it again.
    EXPECT_GE(scene.figure("weir_model_updates_total"), before);
    (*scene.shard)->finish();
    ASSERT_EQ((*scene.shard)->stopped(), StopReason::none) << (*scene.shard)->reason();
    EXPECT_EQ(scene.verify(), scene.shard->hashes());
    EXPECT_EQ(scene.cluster.output_hash(*scene.pipeline->graph, 0), scene.shard->hashes().output);
    if (HasFailure()) return;
  }
  EXPECT_GE(crashes, 20);
}

TEST(Control, WhatIsNoCommandIsCountedAndToldAndStopsNothing) {
  Scene scene;
  scene.start();
  scene.process(50);
  for (const char* wrong :
       {"", "{", "[]", "7", "\"freeze\"", R"({"command":"freeze"})",
        R"({"command":1,"operator":"fraud"})", R"({"operator":"fraud"})", "\xff\xfe"})
    scene.send(wrong);
  scene.cluster.log().append(control_topic("diamond"), 0, "key", std::nullopt, 0);
  scene.tell("freeze", "nobody");
  scene.tell("melt");
  scene.tell("freeze", "quality");  // no model
  scene.send(R"({"command":"freeze","operator":"fraud","by":"a later version"})");
  scene.process(50);
  EXPECT_EQ(scene.figure("weir_commands_total", "ignored"), 13);
  EXPECT_EQ(scene.figure("weir_commands_total", "done"), 1);
  EXPECT_EQ(scene.figure("weir_model_frozen"), 1);
  const auto& notes = scene.shard->notes();
  EXPECT_TRUE(says(notes, "is not a command: ignored"));
  EXPECT_TRUE(says(notes, "operator nobody (offset 10"));
  EXPECT_TRUE(says(notes, "there is no such operator"));
  EXPECT_TRUE(says(notes, "it does not know this command"));
  EXPECT_EQ((*scene.shard)->shard().sequence(), 114U);
  (*scene.shard)->finish();
  EXPECT_EQ(scene.verify(), scene.shard->hashes());
}

TEST(Control, CommandsFromBeforeTheBeginningAreOfThePast) {
  Scene scene;
  scene.tell("freeze");
  scene.start();
  scene.process(100);
  EXPECT_EQ(scene.commands(), 0U);
  EXPECT_EQ(scene.figure("weir_model_frozen"), 0);
  const EpochRecord first = read_epochs(scene.cluster.log(), "diamond", 0, 0, 1).at(0);
  EXPECT_EQ(first.begin->start.back(),
            (std::pair<std::pair<std::string, std::int32_t>, std::int64_t>{{"$control", 0}, 1}));
}

TEST(Control, ARestartFromASnapshotGoesOnBehindTheCommandsDone) {
  Scene scene;
  scene.start();
  scene.process(100);
  scene.tell("freeze");
  scene.catch_up();
  (*scene.shard)->finish();
  scene.tell("freeze", "large_fraud");  // comes while nobody runs
  scene.start();
  EXPECT_EQ(scene.figure("weir_model_frozen"), 1);
  scene.process(100);
  EXPECT_EQ(scene.figure("weir_model_frozen", "large_fraud"), 1);
  EXPECT_EQ(scene.commands(), 2U);
  (*scene.shard)->finish();
  EXPECT_EQ(scene.verify(), scene.shard->hashes());
}

TEST(Control, CommandsBeginOnceTheirTopicExists) {
  Scene scene(Set(), 16, false);
  scene.start();
  scene.process(100);
  (*scene.shard)->finish();
  EXPECT_EQ(scene.verify(), scene.shard->hashes());
  scene.start();
  EXPECT_TRUE(scene.shard->notes().empty());
  (*scene.shard)->finish();
  scene.layout = scene.cluster.prepare(*scene.pipeline);
  scene.tell("freeze");  // before anybody reads it
  scene.start();
  EXPECT_TRUE(says(scene.shard->notes(), "commands are read from offset 1"));
  scene.process(50);
  EXPECT_EQ(scene.figure("weir_model_frozen"), 0);
  scene.tell("freeze");
  scene.process(50);
  EXPECT_EQ(scene.figure("weir_model_frozen"), 1);
  (*scene.shard)->finish();
  EXPECT_EQ(scene.verify(), scene.shard->hashes());
  scene.start();
  EXPECT_TRUE(scene.shard->notes().empty());
}

TEST(Control, AChangedPipelineKeepsAFrozenModelFrozen) {
  Scene scene;
  scene.start();
  scene.process(100);
  scene.tell("freeze");
  scene.catch_up();
  (*scene.shard)->finish();
  scene.shard.reset();
  Scene changed(Set{{"operators.drift.detector.ks_test.window", "40"}});
  scene.pipeline = std::move(changed.pipeline);
  scene.start();
  EXPECT_TRUE(says(scene.shard->notes(), "operator drift, field"));
  scene.process(100);
  EXPECT_EQ(scene.figure("weir_model_frozen"), 1);
  EXPECT_EQ(scene.commands(), 1U);
  (*scene.shard)->finish();
  EXPECT_EQ(scene.verify(), scene.shard->hashes());
}

// The commands are there still, although rows beside them are not: none may be forgotten.
TEST(Control, ACommandInEpochsThatCannotBeReplayedIsTakenAgain) {
  Scene scene(Set{{"engine.on_lost_input", "skip"}});
  scene.start();
  scene.process(100);
  (*scene.shard)->finish();
  scene.start();
  scene.tell("freeze");
  scene.process(100);
  scene.shard.reset();  // killed: the last snapshot is of row 100
  scene.cluster.log().delete_records("events", 0, 150);
  scene.start();
  EXPECT_TRUE(says(scene.shard->notes(), "deleted before they could be replayed"));
  scene.process(50);
  EXPECT_EQ(scene.figure("weir_model_frozen"), 1);
  const Hashes hashes = [&] {
    (*scene.shard)->finish();
    return scene.shard->hashes();
  }();
  scene.start();
  EXPECT_EQ(scene.shard->hashes(), hashes);
}

TEST(Follow, ComparesEpochsAsTheyComeAndFencesNobody) {
  Scene scene;
  scene.start();
  scene.process(100);
  AuditedShard audit(*scene.pipeline, scene.layout, scene.cluster.world(), {});
  audit.verify();
  const auto more = [&] { return audit.verify_more(); };
  EXPECT_EQ(more(), 0U);
  scene.tell("freeze");
  scene.process(100);
  EXPECT_GT(more(), 0U);
  EXPECT_EQ(audit->shard().sequence(), 201U);
  EXPECT_EQ(more(), 0U);
  scene.process(100);
  (*scene.shard)->finish();
  EXPECT_EQ((*scene.shard)->stopped(), StopReason::none) << (*scene.shard)->reason();
  more();
  EXPECT_EQ(audit.hashes(), scene.shard->hashes());
}

TEST(Follow, FindsAnEpochThatDiffers) {
  Scene scene;
  scene.start();
  scene.process(100);
  AuditedShard audit(*scene.pipeline, scene.layout, scene.cluster.world(), {});
  audit.verify();
  (*scene.shard)->finish();
  // Somebody writes an epoch of his own, chained as it must be, about rows he never processed.
  const auto epochs = read_epochs(scene.cluster.log(), "diamond", 0, 0);
  EpochRecord forged;
  forged.epoch = epochs.back().epoch + 1;
  forged.sequence = 100;
  forged.logic = epochs.back().logic;
  forged.out = epochs.back().out + 1;
  scene.cluster.log().append(epochs_topic("diamond"), 0, std::nullopt,
                             forged.write(epochs.back().chain), 0);
  try {
    audit.verify_more();
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("the outputs' hash differs"), std::string::npos)
        << error.what();
  }
}

TEST(Follow, BeginsWithASnapshotIfTheFirstEpochsAreGone) {
  Scene scene;
  scene.start();
  scene.process(100);
  scene.tell("freeze");
  scene.catch_up();
  (*scene.shard)->finish();  // a snapshot, in the topic too
  scene.start();
  scene.process(100);
  (*scene.shard)->finish();
  const auto epochs = read_epochs(scene.cluster.log(), "diamond", 0, 0);
  MemoryLog& log = scene.cluster.log();
  const auto range = log.offsets(epochs_topic("diamond"), 0);
  log.delete_records(epochs_topic("diamond"), 0, range.first + 3);
  log.delete_records("events", 0, 100);
  AuditedShard audit(*scene.pipeline, scene.layout, scene.cluster.world(), {});
  EXPECT_LT(audit.verify(), epochs.size());
  scene.start();
  scene.process(50);
  (*scene.shard)->finish();
  EXPECT_GT(audit.verify_more(), 0U);
  EXPECT_EQ(audit.hashes(), scene.shard->hashes());
  EXPECT_FALSE(fs::exists("shard-0")) << "an audit leaves nothing on disk";
}

}  // namespace
}  // namespace weir
