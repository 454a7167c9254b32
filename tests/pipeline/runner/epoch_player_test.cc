#include "pipeline/runner/epoch_player.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "pipeline/runner/open_epoch.h"
#include "tests/harness/file_shard.h"

namespace weir {
namespace {

using namespace engine_test;
using std::chrono::milliseconds;

/// A shard that was live for one epoch of 13 rows and an idle mark, and its record.
struct Recorded {
  Recorded() {
    machine->open(FileShard::start());
    epoch.write_from(machine->shard());
    Shard& shard = machine->shard();
    for (int run = 0; run < 2; ++run) {
      machine->input().refill(10, files.now());
      const auto records = machine->input().take(0, 10);
      if (!records.empty()) epoch.run("events", 0, records, shard.sequence(), files.now());
      for (const Record& one : records) {
        epoch.read(0, one);
        shard.add(0, one);
      }
    }
    epoch.mark({shard.sequence(), Mark::Kind::idle, 0, "events", 0}, files.now());
    shard.idle(0);
    shard.flush();
    EpochChain chain;
    const Committer::Job job = epoch.close(shard, chain, true, files.now());
    record = EpochRecord::read(job.outbox->value(job.outbox->entries().back()), 0);
  }
  /// Repeats a record on a shard of its own. Returns what is wrong, or nothing.
  std::string replay(const std::function<void(EpochRecord&)>& change = {}) {
    EpochRecord changed = record;
    if (change) change(changed);
    again = files.machine();
    again->open(FileShard::start());
    EpochPlayer player(*again, files.world(), files.signal());
    try {
      player.play(changed, 0);
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  FileShard files{13};
  std::unique_ptr<ShardMachine> machine = files.machine(), again;
  OpenEpoch epoch{0, milliseconds(100), 2};
  EpochRecord record;
};

bool says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

TEST(EpochPlayer, ARecordedEpochBringsTheStateBack) {
  Recorded live;
  ASSERT_EQ(live.record.runs.size(), 1U);
  EXPECT_EQ(live.replay(), "");
  EXPECT_EQ(live.again->shard().state_hash(), live.machine->shard().state_hash());
  EXPECT_EQ(live.again->shard().output_hash(), live.machine->shard().output_hash());
  EXPECT_EQ(live.again->chain().next(), 1U);
  EXPECT_EQ(live.again->chain().head(), live.record.chain);
}

TEST(EpochPlayer, FindsEveryDifferenceAndSaysWhichItIs) {
  Recorded live;
  EXPECT_TRUE(says(live.replay([](auto& record) { ++record.in; }), "the input's hash"));
  EXPECT_TRUE(says(live.replay([](auto& record) { ++record.out; }), "the outputs' hash"));
  EXPECT_TRUE(says(live.replay([](auto& record) { ++*record.state; }), "the state's hash"));
  EXPECT_TRUE(says(live.replay([](auto& record) { ++record.sequence; }), "begins at sequence"));
  EXPECT_TRUE(says(live.replay([](auto& record) { ++record.runs[0].first; }), "begins at offset"));
  EXPECT_TRUE(says(live.replay([](auto& record) { ++record.runs[0].last; }), "ends at offset 12"));
  EXPECT_TRUE(says(live.replay([](auto& record) { ++record.runs[0].count; }), "ends before"));
  EXPECT_TRUE(says(live.replay([](auto& record) { record.marks.clear(); }), "the state's hash"));
  EXPECT_TRUE(says(live.replay([](auto& record) { ++record.logic; }), "arithmetic"));
}

TEST(EpochPlayer, ARunOfCommandsNeedsABeginningOfThem) {
  Recorded live;
  const std::string wrong =
      live.replay([](auto& record) { record.runs[0].source = kControlSource; });
  EXPECT_TRUE(says(wrong, "commands are recorded, but not where they begin")) << wrong;
}

TEST(EpochPlayer, ASkippedRecordIsADeadLetterAndNotRead) {
  Recorded live;
  live.replay([](auto& record) { record.skips = {{"events", 0, 4}}; });
  EXPECT_EQ(live.again->shard().dead_letters(Reason::poison), 1U);
}

TEST(EpochPlayer, LostInputIsPassedOverBeforeTheRuns) {
  Recorded live;
  const std::string wrong = live.replay([](auto& record) {
    record.lost = {{"events", 0, 0, 4}};
    record.runs = {{"events", 0, 8, 5, 12}};
    record.marks.clear();
  });
  EXPECT_TRUE(says(wrong, "the input's hash")) << wrong;  // it was recorded with all rows
  EXPECT_EQ(live.again->shard().sequence(), 8U);
}

TEST(EpochPlayer, AnEpochThatWentOnWithoutInputNeedsItsSnapshot) {
  Recorded live;
  EXPECT_TRUE(says(live.replay([](auto& record) { record.resumed = 7; }), "snapshot of it"));
  const auto machine = live.files.machine();
  machine->open(FileShard::start());
  EpochRecord resumed = live.record;
  resumed.resumed = 7;
  EpochPlayer(*machine, live.files.world(), live.files.signal()).play_resumed(resumed, 0);
  EXPECT_EQ(machine->shard().state_hash(), live.machine->shard().state_hash());
}

}  // namespace
}  // namespace weir
