#include "pipeline/runner/shard_machine.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/harness/file_shard.h"

namespace weir {
namespace {

using namespace engine_test;

const Set kOther = {{"operators.drift.detector.mean_shift.window", "4"}};

/// A machine of which `rows` are processed, all in one epoch.
std::unique_ptr<ShardMachine> after(FileShard& scene, const Pipeline& pipeline, std::size_t rows,
                                    Outbox& outputs) {
  auto machine = scene.machine(pipeline);
  machine->open(FileShard::start());
  machine->shard().write_to(outputs);
  read_rows(scene, *machine, rows);
  machine->shard().flush();
  EpochRecord record;
  machine->chain().seal(record);
  return machine;
}

Snapshot snapshot_of(ShardMachine& machine) {
  Snapshot snapshot;
  snapshot.pipeline = machine.pipeline().name();
  snapshot.resolved = machine.pipeline().resolved();
  snapshot.epoch = machine.chain().last();
  snapshot.chain = machine.chain().head();
  snapshot.logic = machine.graph().fingerprint;
  snapshot.positions = machine.input().cursor().entries();
  snapshot.sections = machine.shard().save();
  return snapshot;
}

TEST(ShardMachine, ContinuesASnapshotAsIfNothingHadBeen) {
  FileShard scene(20);
  Outbox outputs, more;
  const auto live = after(scene, scene.pipeline(), 12, outputs);
  const Snapshot snapshot = snapshot_of(*live);
  const auto again = scene.machine();
  again->shard().write_to(more);
  const Cursor at = again->restore(snapshot);
  EXPECT_EQ(at, Cursor({{{"events", 0}, 12}}));
  EXPECT_EQ(again->input().size(), 0U) << "it is not read before it is opened";
  EXPECT_EQ(again->chain().next(), live->chain().next());
  EXPECT_EQ(again->chain().head(), live->chain().head());
  EXPECT_EQ(again->shard().state_hash(), live->shard().state_hash());
  again->open(at);
  again->shard().write_to(more);
  for (ShardMachine* machine : {live.get(), again.get()}) {
    EXPECT_EQ(read_rows(scene, *machine, 20), 8U);
    machine->shard().flush();
  }
  EXPECT_EQ(again->shard().state_hash(), live->shard().state_hash());
  EXPECT_EQ(again->shard().output_hash(), live->shard().output_hash());
}

TEST(ShardMachine, ASnapshotOfAnotherPipelineBringsItIntoForce) {
  FileShard scene;
  Outbox outputs;
  const auto other = scene.pipeline(kOther);
  const Snapshot snapshot = snapshot_of(*after(scene, *other, 12, outputs));
  const auto machine = scene.machine();
  machine->restore(snapshot);
  EXPECT_FALSE(machine->pipeline().is_live());
  EXPECT_EQ(machine->graph().fingerprint, other->graph->fingerprint);
}

TEST(ShardMachine, ASnapshotThatLacksALaneOrAStateIsRefused) {
  FileShard scene;
  Outbox outputs;
  const Snapshot whole = snapshot_of(*after(scene, scene.pipeline(), 12, outputs));
  const auto why = [&](const Snapshot& snapshot) -> std::string {
    try {
      scene.machine()->restore(snapshot);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(why(whole), "");
  Snapshot cut = whole;
  cut.positions.clear();
  EXPECT_NE(why(cut).find("more partitions than before"), std::string::npos);
  cut = whole;
  std::erase_if(cut.sections, [](const StateSection& one) { return one.name == "drift"; });
  EXPECT_TRUE(why(cut).starts_with("it has no state of operator drift, field amount ")) << why(cut);
  cut = whole;  // the keys, without which the aggregates of their operator are of no use
  std::erase_if(cut.sections, [](const StateSection& one) { return one.part == "keys"; });
  EXPECT_EQ(why(cut), "features: an aggregate is of different keys");
}

TEST(ShardMachine, CanBePutSomewhereElseAfterAFailure) {
  FileShard scene;
  Outbox outputs;
  const auto live = after(scene, scene.pipeline(), 12, outputs);
  const Snapshot whole = snapshot_of(*live);
  Snapshot torn = whole;
  torn.sections.pop_back();
  const auto machine = scene.machine();
  EXPECT_THROW(machine->restore(torn), std::runtime_error);
  machine->restore(whole);
  EXPECT_EQ(machine->shard().state_hash(), live->shard().state_hash());
}

TEST(ShardMachine, AChangeKeepsTheStateOfWhatStayedAndTheInput) {
  FileShard scene;
  Outbox outputs;
  const auto other = scene.pipeline(kOther);
  const auto before = after(scene, *other, 12, outputs);
  const auto machine = scene.machine();
  machine->open(machine->restore(snapshot_of(*before)));
  const ShardMachine::Change change = machine->change_to_live(1000, {});
  EXPECT_EQ(change.cold, std::vector<std::string>{"drift, field amount"});
  EXPECT_EQ(change.carried, Cursor({{{"events", 0}, 12}}));
  EXPECT_TRUE(machine->pipeline().is_live());
  EXPECT_EQ(machine->pipeline().record_bytes(), 1000U);
  EXPECT_EQ(machine->shard().sequence(), before->shard().sequence());
  EXPECT_EQ(machine->shard().output_hash(), before->shard().output_hash());
  const std::vector<std::string> told = {"drift", "spend"};
  EXPECT_EQ(machine->change_to_live(1000, told).cold,
            (std::vector<std::string>{"drift, field amount", "spend, aggregate count",
                                      "spend, aggregate spent", "spend, keys"}));
}

TEST(ShardMachine, ARecordedChangeIsRepeatedAlike) {
  FileShard scene;
  Outbox outputs, more;
  const auto one = after(scene, scene.pipeline(), 12, outputs);
  const auto two = after(scene, scene.pipeline(), 12, more);
  const auto other = scene.pipeline(kOther);
  Beginning change;
  change.pipeline = resolved_config(other->config);
  change.record_bytes = 500;
  for (ShardMachine* machine : {one.get(), two.get()}) machine->repeat_change(change);
  EXPECT_EQ(one->graph().fingerprint, other->graph->fingerprint);
  EXPECT_EQ(one->input().position(0), 12);
  EXPECT_EQ(one->shard().state_hash(), two->shard().state_hash());
}

TEST(ShardMachine, MovesOnlyInputsThatItReads) {
  FileShard scene;
  const auto machine = scene.machine();
  Cursor cursor = FileShard::start();
  machine->move(cursor, "events", 0, 4);
  machine->move(cursor, std::string(kControlSource), 0, 9);
  EXPECT_EQ(cursor, Cursor({{{"events", 0}, 4}, {{std::string(kControlSource), 0}, 9}}));
  EXPECT_THROW(machine->move(cursor, "events", 1, 4), std::runtime_error);
}

TEST(ShardMachine, CommitsNoOffsetsOfAFile) {
  FileShard scene;
  Outbox outputs;
  EXPECT_TRUE(after(scene, scene.pipeline(), 12, outputs)->offsets_to_commit().empty());
}

}  // namespace
}  // namespace weir
