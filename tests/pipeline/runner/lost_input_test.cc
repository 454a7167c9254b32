#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/lives.h"

// Input that is deleted before it is read, or before it could be replayed.

namespace weir {
namespace {

using namespace engine_test;

const Set kStop = {{"engine.snapshot_every", "1h"}};
const Set kSkip = {{"engine.snapshot_every", "1h"}, {"engine.on_lost_input", "skip"}};

/// What the rows give whose offsets are not from `first` to `last`.
Hashes without(const Pipeline& pipeline, const std::vector<Row>& rows, std::size_t first,
               std::size_t last) {
  std::vector<Row> left(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first));
  left.insert(left.end(), rows.begin() + static_cast<std::ptrdiff_t>(last) + 1, rows.end());
  return replay_files(pipeline, left, {});
}

std::vector<LostInput> lost(Lives& lives) {
  std::vector<LostInput> all;
  for (const EpochRecord& record : lives.epochs())
    all.insert(all.end(), record.lost.begin(), record.lost.end());
  return all;
}

double lost_records(Runner& runner) { return figure(runner, metric::lost_records_total); }

void finish(Lives::Life& life) {
  life->finish();
  EXPECT_EQ(life->stopped(), StopReason::none) << life->reason();
}

/// A life that ends well after `upto` rows.
void live_to(Lives& lives, std::uint64_t upto) {
  const auto life = lives.life();
  ASSERT_TRUE(life->work_to(upto)) << (*life)->reason();
  finish(*life);
}

/// A life that dies when `upto` rows are committed.
void die_at(Lives& lives, std::int64_t upto) {
  const auto life = lives.life();
  ASSERT_TRUE(life->work_until([&] {
    return lives.log().committed("events", 0).value_or(0) >= upto;
  })) << (*life)->reason();
}

TEST(LostInput, BeforeItIsReadStopsTheShardWhichKeepsWhatItKnows) {
  Lives lives(kDiamond, kStop);
  const std::vector<Row> rows = random_rows(1, 300);
  lives.append(rows);
  Hashes before;
  {
    const auto life = lives.life();
    ASSERT_TRUE(life->work_to(100));
    lives.log().delete_records("events", 0, 200);
    EXPECT_FALSE(life->work_until([] { return false; }));
    EXPECT_EQ((*life)->stopped(), StopReason::lost_input);
    EXPECT_EQ((*life)->reason(),
              "input was deleted before weir had finished with it: offset 100 of events[0] is not "
              "in the log: it holds 200 to 300. To continue without it, start with "
              "engine.on_lost_input: skip");
    (*life)->finish();
    EXPECT_EQ((*life)->stopped(), StopReason::lost_input);
    before = life->hashes();
  }
  EXPECT_EQ(list_snapshots(lives.folder()).size(), 1U);
  {
    const auto life = lives.life();  // it stops again, wherever it starts
    EXPECT_EQ(life->hashes(), before);
    EXPECT_FALSE(life->work_until([] { return false; }));
  }
  lives.change(kSkip);
  const auto life = lives.life();
  ASSERT_TRUE(life->work_to_end()) << (*life)->reason();
  EXPECT_TRUE(life->says("offsets 100 to 199 of events [0] were deleted before they were read"));
  finish(*life);
  EXPECT_EQ(life->hashes(), without(lives.pipeline(), rows, 100, 199));
}

TEST(LostInput, BeforeItIsReadIsPassedOverRecordedAndReplayedSo) {
  Lives lives(kDiamond, kSkip);
  const std::vector<Row> rows = random_rows(2, 300);
  lives.append(rows);
  Hashes live;
  {
    const auto life = lives.life();
    ASSERT_TRUE(life->work_to(100));
    lives.log().delete_records("events", 0, 200);
    ASSERT_TRUE(life->work_to_end()) << (*life)->reason();
    EXPECT_EQ(lost_records(**life), 100);
    live = life->hashes();
    EXPECT_EQ(live, without(lives.pipeline(), rows, 100, 199));
  }  // it dies
  EXPECT_EQ(lost(lives), (std::vector<LostInput>{{"events", 0, 100, 199}}));
  EXPECT_EQ(lives.cluster().output_hash(*lives.pipeline().graph, 0), live.output);
  {
    const auto again = lives.life();
    EXPECT_EQ(again->hashes(), live);
    EXPECT_FALSE(again->says("deleted"));
  }
  std::vector<std::string> notes;
  EXPECT_EQ(lives.verified(&notes), live);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_TRUE(notes[0].starts_with("compared from the snapshot of epoch ")) << notes[0];
  EXPECT_NE(notes[0].find("offset 0 of events[0] is not in the log"), std::string::npos)
      << notes[0];
  std::filesystem::remove_all(lives.folder());  // another host: the topic has the snapshot
  EXPECT_EQ(lives.life()->hashes(), live);
}

/// Rows in two partitions, the second half of them in the second.
std::vector<Row> halves(std::uint64_t seed, std::size_t count) {
  std::vector<Row> rows = random_rows(seed, static_cast<int>(count));
  for (std::size_t i = 0; i < count; ++i) rows[i].partition = i < count / 2 ? 0 : 1;
  return rows;
}

/// What halves give when the first `lost` of the second never were.
Hashes halves_without(const std::vector<Row>& rows, std::size_t lost) {
  Lives lives(kDiamond, kStop, 2);
  const std::size_t half = rows.size() / 2;
  const auto life = lives.life();
  lives.append(std::span(rows).first(half));
  EXPECT_TRUE(life->work_to(half));
  lives.append(std::span(rows).subspan(half + lost));
  EXPECT_TRUE(life->work_to(rows.size() - lost));
  finish(*life);
  return life->hashes();
}

TEST(LostInput, ASkippedGapIsReplayed) {
  Lives lives(kDiamond, kSkip, 2);
  const std::vector<Row> rows = halves(3, 300);
  lives.append(std::span(rows).first(150));
  live_to(lives, 150);
  const std::uint64_t base = lives.epochs().back().epoch;
  lives.append(std::span(rows).subspan(150));
  lives.log().delete_records("events", 1, 100);  // of the other partition, nothing was read of it
  Hashes live;
  {
    const auto life = lives.life();
    ASSERT_TRUE(life->work_to_end()) << (*life)->reason();
    live = life->hashes();
  }
  EXPECT_EQ(live, halves_without(rows, 100));
  for (const auto& file : list_snapshots(lives.folder()))
    if (read_snapshot(file).epoch > base) std::filesystem::remove(file);
  const auto again = lives.life();
  EXPECT_EQ(again->hashes(), live);
  EXPECT_FALSE(again->says("deleted")) << testing::PrintToString(again->notes());
  std::vector<std::string> notes;
  EXPECT_EQ(lives.verified(&notes), live);
  EXPECT_TRUE(notes.empty());  // partition 0 is whole: from epoch 0 on
}

TEST(LostInput, OfOnePartitionDoesNotTouchTheReplayOfAnother) {
  Lives lives(kDiamond, kSkip, 2);
  const std::vector<Row> rows = halves(4, 200);
  lives.append(std::span(rows).first(100));
  die_at(lives, 100);
  lives.append(std::span(rows).subspan(100));
  lives.log().delete_records("events", 1, 60);  // while nothing runs
  const auto life = lives.life();
  EXPECT_FALSE(life->says("could be replayed"));
  ASSERT_TRUE(life->work_to_end()) << (*life)->reason();
  EXPECT_EQ(life->hashes(), halves_without(rows, 60));
}

TEST(LostInput, BeforeItCouldBeReplayedStopsTheStartWithTheWayOut) {
  Lives lives(kDiamond, kStop);
  lives.append(random_rows(5, 300));
  live_to(lives, 100);
  die_at(lives, 200);
  lives.log().delete_records("events", 0, 150);
  try {
    lives.life();
    FAIL();
  } catch (const LogFailure& failure) {
    EXPECT_EQ(failure.kind, LogFailure::Kind::lost);
    EXPECT_STREQ(failure.what(),
                 "input was deleted before weir had finished with it: offset 100 of events[0] is "
                 "not in the log: it holds 150 to 300. To continue without it, start with "
                 "engine.on_lost_input: skip");
  }
}

/// A hundred rows are in a snapshot, the next hundred are committed but gone.
struct Gap {
  explicit Gap(std::uint64_t seed) : rows(random_rows(seed, 300)) {
    lives.append(std::span(rows).first(200));
    live_to(lives, 100);
    base = lives.epochs().back().epoch;
    die_at(lives, 200);
    lives.append(std::span(rows).subspan(200));
    lives.log().delete_records("events", 0, 150);
  }
  Lives lives{kDiamond, kSkip};
  std::vector<Row> rows;
  std::uint64_t base = 0;
};

TEST(LostInput, InputLostBeforeReplayIsSkippedFromTheSnapshot) {
  Gap gap(6);
  Hashes live;
  {
    const auto life = gap.lives.life();
    EXPECT_TRUE(
        life->says("offsets 100 to 199 of source events [0] were deleted before they could "
                   "be replayed: their outputs are there, but the state continues from epoch " +
                   std::to_string(gap.base) + " without them"))
        << testing::PrintToString(life->notes());
    const EpochRecord record = gap.lives.epochs().back();  // before any row
    EXPECT_EQ(record.resumed, gap.base);
    EXPECT_EQ(record.lost, (std::vector<LostInput>{{"events", 0, 100, 199}}));
    EXPECT_TRUE(record.runs.empty());
    ASSERT_TRUE(life->work_to_end());
    EXPECT_EQ(lost_records(**life), 100);
    live = life->hashes();
  }
  EXPECT_EQ(live, without(gap.lives.pipeline(), gap.rows, 100, 199));
  const auto again = gap.lives.life();
  EXPECT_EQ(again->hashes(), live);
  EXPECT_FALSE(again->says("deleted"));
  std::vector<std::string> notes;
  EXPECT_EQ(gap.lives.verified(&notes), live);
  EXPECT_EQ(notes.size(), 1U);
}

TEST(LostInput, GoingOnWithoutIsDoneOnceHoweverOftenTheProcessDies) {
  Gap gap(7);
  // No snapshot behind the gap comes about: none in the topic, and the disk's are taken away.
  gap.lives.hook = [](const MemoryLog::Call& call) {
    if (call.kind == MemoryLog::Call::Kind::commit && call.name == "weir.diamond.snapshots.0")
      throw LogFailure(LogFailure::Kind::unreachable, "not now");
    return MemoryLog::Fault::none;
  };
  for (int death = 0; death < 3; ++death) {
    {
      const auto life = gap.lives.life();
      ASSERT_TRUE(life->work_to((*life)->shard().sequence() + 20)) << (*life)->reason();
    }
    for (const auto& file : list_snapshots(gap.lives.folder()))
      if (read_snapshot(file).epoch > gap.base) std::filesystem::remove(file);
  }
  try {
    gap.lives.verified();
    FAIL();
  } catch (const LogFailure& failure) {
    EXPECT_NE(std::string(failure.what()).find("the first epochs cannot be replayed: offset 100"),
              std::string::npos) << failure.what();
  }
  gap.lives.hook = nullptr;
  const auto life = gap.lives.life();
  ASSERT_TRUE(life->work_to_end());
  finish(*life);
  std::size_t resumed = 0;
  for (const EpochRecord& record : gap.lives.epochs()) resumed += record.resumed.has_value();
  EXPECT_EQ(resumed, 1U);
  EXPECT_EQ(life->hashes(), without(gap.lives.pipeline(), gap.rows, 100, 199));
  EXPECT_EQ(gap.lives.verified(), life->hashes());
}

TEST(LostInput, GoingOnWithoutComesBeforeAChangeOfThePipeline) {
  Gap gap(8);
  Set changed = kSkip;
  changed.push_back({"operators.drift.detector.ks_test.window", "40"});
  gap.lives.change(changed);
  Hashes live;
  {
    const auto life = gap.lives.life();
    EXPECT_TRUE(life->says("operator drift, field amount starts cold: ks_test.window is 40"));
    const auto epochs = gap.lives.epochs();
    EXPECT_EQ(epochs[epochs.size() - 2].resumed, gap.base);
    EXPECT_TRUE(epochs.back().begin.has_value());
    EXPECT_FALSE(epochs.back().resumed.has_value());
    ASSERT_TRUE(life->work_to_end());
    live = life->hashes();
  }
  EXPECT_EQ(gap.lives.life()->hashes(), live);
  EXPECT_EQ(gap.lives.verified(), live);
}

/// Appends rows as a producer with transactions does: an offset without a record is behind them.
void append_transaction(Lives& lives, std::span<const Row> rows) {
  Outbox records;
  for (const Row& row : rows) records.add(0, row.partition, row.key, row.value);
  std::string reason;
  ASSERT_EQ(lives.log().writer("producer", {"events"})->commit(records, {}, reason), Commit::done);
}

/// Nothing of it can be read: offsets only.
void abort_transaction(Lives& lives, std::span<const Row> rows) {
  lives.hook = [](const MemoryLog::Call& call) {
    return call.kind == MemoryLog::Call::Kind::commit && !call.after
               ? MemoryLog::Fault::request_lost : MemoryLog::Fault::none;
  };
  Outbox records;
  for (const Row& row : rows) records.add(0, row.partition, row.key, row.value);
  std::string reason;
  EXPECT_NE(lives.log().writer("producer", {"events"})->commit(records, {}, reason), Commit::done);
  lives.hook = nullptr;
}

/// A life that is told to end, or dies, after a long silence: all of the input is deleted then.
void silence(Lives& lives, bool die) {
  {
    const auto life = lives.life();
    ASSERT_TRUE(life->work_to(100)) << (*life)->reason();
    ASSERT_TRUE(life->work_until([&] { return (*life)->shard().clock().all_idle(); }));
    for (int minute = 0; minute < 10; ++minute) {
      lives.pass(std::chrono::minutes(1));
      while ((*life)->work()) continue;
      if (minute == 5) abort_transaction(lives, random_rows(11, 10));
    }
    if (die) {  // deletion has come as far as the snapshot
      lives.log().delete_records("events", 0, 101);
      lives.pass(std::chrono::minutes(1));
      while ((*life)->work()) continue;
    } else {
      finish(*life);
    }
  }
  lives.log().delete_records("events", 0, lives.log().offsets("events", 0).end);
}

TEST(LostInput, IsNotWhatASilentProducerOfTransactionsLeavesBehind) {
  for (const Set& set : {kStop, kSkip})
    for (const bool die : {false, true}) {
      Set all = set;
      all.push_back({"sources.events.idle", "5s"});
      Lives lives(kDiamond, all);
      const std::vector<Row> rows = random_rows(10, 200);
      append_transaction(lives, std::span(rows).first(100));
      silence(lives, die);
      const auto life = lives.life();
      append_transaction(lives, std::span(rows).subspan(100));
      ASSERT_TRUE(life->work_to((*life)->shard().sequence() + 100)) << (*life)->reason();
      EXPECT_EQ((*life)->stopped(), StopReason::none) << (*life)->reason();
      EXPECT_EQ(lost_records(**life), 0);
      const Intake::Counts& counts = (*life)->shard().source_counts(0);
      EXPECT_EQ(counts.rows + counts.bad, 200U);
    }
}

/// The topic of these lives is recreated, and is shorter.
struct Recreated {
  explicit Recreated(Lives& lives) {
    other.append(random_rows(9, 50));
    lives.cluster().world().source_log = [this](const SourceConfig&) -> Log& {
      return other.log();
    };
  }
  Lives other{kDiamond};
};

constexpr const char* kRecreated =
    "offset 100 of events[0] is not in the log: it holds 0 to 50. More was read than the topic now "
    "holds: it was recreated or truncated, so the pipeline's state no longer matches it. Start "
    "under another pipeline name";

TEST(LostInput, OffsetsPastTheEndAreNotPassedOver) {
  for (const Set& set : {kStop, kSkip}) {
    Lives lives(kDiamond, set);
    lives.append(random_rows(9, 100));
    live_to(lives, 100);
    const Recreated shorter(lives);
    const auto life = lives.life();
    EXPECT_FALSE(life->work_until([] { return false; }));
    EXPECT_EQ((*life)->stopped(), StopReason::lost_input);
    EXPECT_EQ((*life)->reason(), kRecreated);
  }
}

TEST(LostInput, OffsetsPastTheEndStopRecovery) {
  for (const Set& set : {kStop, kSkip}) {
    Lives lives(kDiamond, set);
    lives.append(random_rows(9, 200));
    live_to(lives, 100);
    die_at(lives, 200);
    const Recreated shorter(lives);
    try {
      lives.life();
      ADD_FAILURE();
    } catch (const LogFailure& failure) {
      EXPECT_STREQ(failure.what(), kRecreated);
    }
  }
}

}  // namespace
}  // namespace weir
