#include <algorithm>

#include "connectors/kafka/kafka_log.h"
#include "pipeline/snapshots/snapshot_topic.h"
#include "tests/harness/lives.h"

// A pipeline that changes: what is recorded is replayed as it was, then the change is recorded.

namespace weir {
namespace {

using namespace engine_test;

/// A log with rows of the diamond that pipelines of one name take turns at.
struct Turns {
  explicit Turns(int count = 300) : rows(random_rows(31, count)) {
    const auto pipeline = read_pipeline(kDiamond, steps({}));
    cluster.create_sources(*pipeline->graph, 1);
    layout = cluster.prepare(*pipeline);
  }
  static Set steps(Set set) {
    set.insert(set.end(), {{"engine.batch_rows", "16"},
                           {"engine.run_rows", "10"},
                           {"engine.epoch", "1ms"},
                           {"engine.snapshot_every", "5ms"}});
    return set;
  }
  struct Turn {
    Hashes hashes;
    std::vector<StateSection> state;
    std::vector<std::string> notes;
  };
  /// Lets the diamond with `set` work until `upto` rows are processed. `kill`: it does not end
  /// well.
  Turn take(const Set& set, std::size_t upto, bool kill = false,
            const std::vector<std::string>& reset = {}, bool accept = false) {
    const auto pipeline = read_pipeline(kDiamond, steps(set));
    const Layout now = cluster.prepare(*pipeline);
    RunnerSettings settings = RunningShard::settings(*pipeline, folder.path(), 0);
    settings.reset = reset;
    settings.accept_new_logic = accept;
    RunningShard running(*pipeline, now, cluster.world(), settings);
    running.recover();
    Runner& runner = *running;
    Turn turn;
    turn.notes = running.notes();
    cluster.append(std::span(rows).subspan(sent, upto - sent));
    sent = upto;
    while (runner.shard().sequence() < upto && runner.stopped() == StopReason::none)
      if (!runner.work()) running.signal().wait_for(std::chrono::milliseconds(1));
    if (kill) return turn;
    runner.finish();
    EXPECT_EQ(runner.stopped(), StopReason::none) << runner.reason();
    turn.hashes = {runner.output_hash(), runner.state_hash()};
    turn.state = const_cast<Shard&>(runner.shard()).save();
    return turn;
  }
  Hashes verify(const Set& set) {
    const auto pipeline = read_pipeline(kDiamond, steps(set));
    return verified(*pipeline, cluster.prepare(*pipeline), cluster.world());
  }

  TemporaryFolder folder;
  Cluster cluster;
  std::vector<Row> rows;
  std::size_t sent = 0;
  Layout layout;
};

/// The bytes of a part of an operator's state.
std::string bytes_of(const Turns::Turn& turn, const std::string& name, const std::string& part) {
  for (const StateSection& section : turn.state)
    if (section.name == name && section.part == part) return section.bytes;
  ADD_FAILURE() << "no part " << part << " of " << name;
  return {};
}

bool says(const std::vector<std::string>& notes, const std::string& text) {
  return std::ranges::any_of(
      notes, [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

const Set kChanged = {{"operators.drift.detector.ks_test.window", "40"}};

TEST(Versions, AChangedOperatorStartsColdAndTheOthersKeepTheirState) {
  Turns turns;
  const Turns::Turn before = turns.take({}, 150);
  const Turns::Turn after = turns.take(kChanged, 150);
  EXPECT_TRUE(says(after.notes,
                   "operator drift, field amount starts cold: ks_test.window is 40 (was 30)"));
  EXPECT_TRUE(says(after.notes, "15 of 17 parts of its state are kept"));
  for (const StateSection& one : before.state) {
    if (one.name.empty() || one.name == "drift") continue;
    EXPECT_EQ(bytes_of(after, one.name, one.part), one.bytes) << one.name << ", " << one.part;
  }
  EXPECT_NE(bytes_of(after, "drift", "field amount"), bytes_of(before, "drift", "field amount"));
}

TEST(Versions, AChangeAfterACrashReplaysWithTheRecordedPipelineFirst) {
  Turns crashed, clean;
  crashed.take({}, 100, true);
  crashed.take(kChanged, 200, true);
  const Turns::Turn end = crashed.take(kChanged, 300);
  EXPECT_EQ(crashed.verify(kChanged), end.hashes);
  EXPECT_FALSE(says(end.notes, "the pipeline changed"));  // that is recorded already
  clean.take({}, 100);
  clean.take(kChanged, 200);
  // The crash left rows open that the changed pipeline then had: the states differ in that alone.
  const Turns::Turn clean_end = clean.take(kChanged, 300);
  EXPECT_EQ(clean.verify(kChanged), clean_end.hashes);
}

TEST(Versions, BackFromTheNextVersionToTheOneBeforeGoesOn) {
  Turns turns;
  turns.take({}, 100);
  turns.take(kChanged, 200);
  const Turns::Turn back = turns.take({}, 300);
  EXPECT_TRUE(says(back.notes, "operator drift, field amount starts cold"));
  EXPECT_EQ(turns.verify({}), back.hashes);
  // All but the changed operator know nothing of it: they are as if nothing had been changed.
  Turns straight;
  const Turns::Turn whole = straight.take({}, 300);
  for (const StateSection& one : whole.state) {
    if (one.name.empty() || one.name == "drift") continue;
    EXPECT_EQ(bytes_of(back, one.name, one.part), one.bytes) << one.name << ", " << one.part;
  }
}

TEST(Versions, ReplayGoesThroughSeveralChangesWithoutAnySnapshot) {
  Turns turns;
  turns.take({}, 80);
  turns.take(kChanged, 160);
  turns.take({{"operators.large.when", "amount > 5000"}}, 220);
  std::filesystem::remove_all(turns.folder.path() / "shard-0");
  const Turns::Turn end = turns.take({{"operators.large.when", "amount > 5000"}}, 300);
  EXPECT_FALSE(says(end.notes, "starts cold"));
  EXPECT_EQ(turns.verify({{"operators.large.when", "amount > 5000"}}), end.hashes);
}

TEST(Versions, AnOperatorThatIsResetStartsColdAsARecordedChange) {
  Turns turns;
  const Turns::Turn before = turns.take({}, 150);
  const Turns::Turn after = turns.take({}, 150, false, {"fraud"});
  EXPECT_TRUE(says(after.notes, "operator fraud starts cold: --reset-state names it"));
  for (const char* part : {"model", "labels"})
    EXPECT_NE(bytes_of(after, "fraud", part), bytes_of(before, "fraud", part)) << part;
  EXPECT_EQ(bytes_of(after, "spend", "keys"), bytes_of(before, "spend", "keys"));
  const Turns::Turn end = turns.take({}, 300);
  EXPECT_EQ(turns.verify({}), end.hashes);
}

TEST(Versions, ArithmeticThatThisProgramDoesNotHaveIsRefusedUnlessAccepted) {
  Turns turns;
  turns.take({}, 150);
  // A recorded pipeline is read as another one: what a program with other arithmetic does.
  turns.cluster.world().read_recorded = [](const std::string&) {
    return read_deadly(kDiamond, Turns::steps(kChanged));
  };
  try {
    turns.take(kChanged, 200);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("--accept-new-logic"), std::string::npos)
        << error.what();
  }
  const Turns::Turn accepted = turns.take(kChanged, 200, false, {}, true);
  EXPECT_TRUE(says(accepted.notes, "computed with different arithmetic"))
      << testing::PrintToString(accepted.notes);
  turns.cluster.world().read_recorded = [](const std::string& resolved) {
    return weir::read_recorded(resolved, vocabulary());
  };
  EXPECT_EQ(turns.take(kChanged, 300).notes, std::vector<std::string>());
}

const Set kRarely = {{"engine.snapshot_every", "1h"}};

/// A hundred rows are in a snapshot that ended a life well, and the epochs before it are trimmed.
struct Trimmed {
  Trimmed() {
    lives.append(random_rows(32, 200));
    const auto life = lives.life();
    EXPECT_TRUE(life->work_to(100));
    (*life)->finish();
    SnapshotTopicReader topic(lives.log(), "diamond", 0);
    lives.log().delete_records("weir.diamond.epochs", 0, topic.list().front().log_position);
  }
  /// From the next life on the program has another logic for what is recorded: that of `set`.
  void take_for(const Set& set) {
    lives.cluster().world().read_recorded = [set](const std::string&) {
      return read_deadly(kDiamond, set);
    };
    lives.change(set);
  }
  /// Another hundred rows, of which no snapshot knows.
  void die_later() {
    const auto life = lives.life();
    EXPECT_TRUE(life->work_to_end());
  }
  /// Why nothing goes on from there.
  std::string refusal() {
    try {
      lives.life();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "none";
  }
  Lives lives{kDiamond, kRarely};
};

// What is computed behind the operators is other arithmetic that leaves them their fingerprints.
const Set kOtherOutputs = {{"sinks.all.fields", "[id, card, score]"}};

TEST(Versions, DifferentArithmeticAfterASnapshotIsRefusedUnlessAccepted) {
  Trimmed log;
  log.die_later();
  log.take_for(kOtherOutputs);
  const std::string wanted = "was computed with different arithmetic";
  EXPECT_NE(log.refusal().find(wanted), std::string::npos) << log.refusal();
  EXPECT_NE(log.refusal().find("--accept-new-logic"), std::string::npos) << log.refusal();
  try {
    log.lives.verified();
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find(wanted), std::string::npos) << error.what();
  }
  log.lives.accept_new_logic = true;
  EXPECT_TRUE(log.lives.life()->says("epochs computed with different arithmetic"));
  log.lives.accept_new_logic = false;
  const auto again = log.lives.life();
  EXPECT_EQ(again->notes(), std::vector<std::string>());
}

TEST(Versions, DifferentArithmeticWithoutReplayIsRecordedAsAChange) {
  Trimmed log;
  log.take_for(kOtherOutputs);
  Hashes live;
  {
    const auto life = log.lives.life();
    EXPECT_TRUE(life->says("the arithmetic differs from epoch"));
    EXPECT_FALSE(life->says("epochs computed with different arithmetic"));
    const EpochRecord change = log.lives.epochs().back();
    ASSERT_TRUE(change.begin.has_value());
    EXPECT_FALSE(change.begin->accepted.has_value());
    ASSERT_TRUE(life->work_to_end());
    live = life->hashes();
  }
  EXPECT_EQ(log.lives.verified(), live);
  EXPECT_EQ(log.lives.life()->hashes(), live);
}

TEST(Versions, WhereNothingElseIsLeftItIsSaidWhyNoSnapshotCanBeUsed) {
  Trimmed log;
  log.take_for({{"operators.drift.detector.ks_test.window", "40"}});
  const std::string refusal = log.refusal();
  EXPECT_TRUE(refusal.starts_with("cannot recover: weir.diamond.epochs starts at epoch "))
      << refusal;
  EXPECT_TRUE(refusal.ends_with(
      " (earlier epochs were trimmed) and no snapshot from that epoch on is usable: it has no "
      "state of operator drift, field amount that this program can read (`weir run "
      "--accept-new-logic` continues with what it can read)"))
      << refusal;
  try {
    log.lives.verified();
    ADD_FAILURE();
  } catch (const LogFailure& failure) {
    EXPECT_NE(std::string(failure.what()).find("it has no state of operator drift, field amount"),
              std::string::npos)
        << failure.what();
  }
  log.lives.accept_new_logic = true;
  EXPECT_EQ(log.refusal(), "none");
}

TEST(Versions, ASourceThatIsNewBeginsWhereItSaysAndIsRecorded) {
  Turns turns;
  turns.take({}, 100);
  const std::string more = R"(
  extra: { type: kafka, topic: extra, format: json, fields: { id: text, ts: time } }
operators:
  seen: { type: filter, input: extra, when: id != "x" })";
  std::string yaml = kDiamond;
  yaml.replace(yaml.find("\noperators:"), 11, more);
  yaml += "  seen: { type: kafka, input: seen, topic: seen }\n";
  turns.cluster.log().create_topic("extra", 1);
  turns.cluster.log().append("extra", 0, "k", R"({"id":"1","ts":1600000000000})",
                             1'600'000'000'000);
  const auto pipeline = read_pipeline(yaml, Turns::steps({}));
  const Layout layout = turns.cluster.prepare(*pipeline);
  RunningShard shard(*pipeline, layout, turns.cluster.world(), turns.folder.path());
  shard.recover();
  EXPECT_TRUE(says(shard.notes(), "the pipeline changed at epoch"));
  ASSERT_TRUE(shard.work_to(101));
  shard->finish();
  EXPECT_EQ(turns.cluster.records("seen", 0).size(), 1U);
  EXPECT_EQ(verified(*pipeline, layout, turns.cluster.world()), shard.hashes());
}

TEST(Recorded, APipelineWithHiddenPropertiesIsReadAgain) {
  ConfigInput input;
  input.file = "test.yaml";
  input.text = R"(version: 1
pipeline: secure
kafka: { security.protocol: "${PROTOCOL:-SASL_SSL}", session.timeout.ms: "${TIMEOUT}" }
sources:
  rows: { type: kafka, topic: rows, fields: { id: text }, kafka: { check.crcs: "${CRCS}" } }
sinks:
  out: { type: kafka, input: rows, topic: out }
)";
  input.environment = {{"TIMEOUT", "9000"}, {"CRCS", "true"}};
  Vocabulary words = vocabulary();
  words.kafka_property = kafka_property;
  Problems problems(input.file, input.text);
  const auto pipeline = weir::read_pipeline(input, words, problems);
  ASSERT_TRUE(pipeline->graph) << problems.render();
  const auto again = read_recorded(resolved_config(pipeline->config), words);
  EXPECT_EQ(again->graph->fingerprint, pipeline->graph->fingerprint);
}

// Each field is some values as recorded, for one in the file.
TEST(Recorded, AWidePipelineIsReadAsTheFileWas) {
  std::string yaml = "version: 1\npipeline: wide\nsources:\n  rows:\n    type: kafka\n"
                     "    topic: rows\n    fields:\n";
  for (int i = 0; i < 2'000; ++i) yaml += "      x" + std::to_string(i) + ": number\n";
  yaml += "sinks:\n  out: { type: kafka, input: rows, topic: out }\n";
  const auto pipeline = read_pipeline(yaml);
  const auto again = read_recorded(resolved_config(pipeline->config), vocabulary());
  EXPECT_EQ(again->graph->fingerprint, pipeline->graph->fingerprint);
}

}  // namespace
}  // namespace weir
