#include <cmath>
#include <fstream>

#include "pipeline/snapshots/snapshot_folder.h"
#include "pipeline/snapshots/snapshot_topic.h"
#include "tests/harness/lives.h"

// How long what a replay needs is still there: of the input, and of the epochs.

namespace weir {
namespace {

using namespace engine_test;
using std::chrono::seconds;

/// A shard in simulated time with rows that have just been written.
struct Flow {
  explicit Flow(Set set, std::int64_t retention_ms = -1) : lives(kDiamond, std::move(set)) {
    TopicSettings settings = lives.log().settings("events");
    settings.retention_ms = retention_ms;
    lives.log().set_settings("events", settings);
    lives.change({});
  }
  void append(std::size_t count) {
    for (; count > 0; --count, ++sent) {
      rows[sent].timestamp = lives.wall_ms();
      lives.append(std::span(rows).subspan(sent, 1));
    }
  }
  /// Appends rows, and lets them be processed and committed.
  void take(Lives::Life& life, std::size_t count) {
    append(count);
    ASSERT_TRUE(life.work_to_end()) << life->reason();
  }
  /// Time passes, and the shard looks around.
  void wait(Lives::Life& life, seconds time) {
    lives.pass(time);
    while (life->work()) continue;
  }
  std::uint64_t newest_snapshot() {
    const auto files = list_snapshots(lives.folder());
    return files.empty() ? 0 : read_snapshot(files[0]).epoch;
  }

  Lives lives;
  std::vector<Row> rows = random_rows(40, 3000);
  std::size_t sent = 0;
};

TEST(Headroom, SaysHowMuchInputAReplayWouldNeedIsLeftAndForHowLong) {
  Flow stream(Set{{"engine.snapshot_every", "1h"}}, 600'000);
  stream.append(100);
  stream.lives.log().delete_records("events", 0, 30);
  const auto first = stream.lives.life();
  ASSERT_TRUE(first->work_to_end());
  (*first)->finish();  // with a snapshot at offset 100
  const auto life = stream.lives.life();
  stream.wait(*life, seconds(31));
  EXPECT_EQ(figure(**life, metric::replay_headroom_records), 70);
  EXPECT_TRUE(std::isnan(figure(**life, metric::replay_headroom_seconds)));  // nothing to replay
  stream.take(*life, 50);
  (*life)->finish();
  const auto next = stream.lives.life();  // with a snapshot at offset 150, and time known from then
  stream.take(*next, 1);
  stream.wait(*next, seconds(31));
  EXPECT_EQ(figure(**next, metric::replay_headroom_records), 120);
  stream.lives.log().delete_records("events", 0, 100);
  stream.take(*next, 1);
  stream.wait(*next, seconds(31));
  EXPECT_EQ(figure(**next, metric::replay_headroom_records), 50);
  stream.lives.log().delete_records("events", 0, 151);  // more than the snapshot can do without
  stream.wait(*next, seconds(31));
  EXPECT_EQ(figure(**next, metric::replay_headroom_records), -1);
}

TEST(Headroom, ASnapshotIsForcedBeforeTimeDeletesWhatReplayNeeds) {
  Flow stream(Set{{"engine.snapshot_every", "24h"}}, 600'000);
  stream.append(100);
  const auto life = stream.lives.life();
  ASSERT_TRUE(life->work_to_end());
  stream.wait(*life, seconds(31));  // all of a short log is needed: soon
  const std::uint64_t forced = stream.newest_snapshot();
  EXPECT_EQ(forced, (*life)->epoch());  // at once: who knows when a row comes
  stream.take(*life, 1);
  stream.wait(*life, seconds(240));
  EXPECT_NEAR(figure(**life, metric::replay_headroom_seconds), 600 - 31 - 240, 1);
  stream.take(*life, 1);
  EXPECT_EQ(stream.newest_snapshot(), forced);
  stream.wait(*life, seconds(90));  // less than half of the retention is left
  EXPECT_NEAR(figure(**life, metric::replay_headroom_seconds), 600 - 31 - 330, 1);
  EXPECT_EQ(stream.newest_snapshot(), (*life)->epoch());
  stream.take(*life, 1);
  EXPECT_LT(stream.newest_snapshot(), (*life)->epoch());  // once
  stream.wait(*life, seconds(31));
  EXPECT_NEAR(figure(**life, metric::replay_headroom_seconds), 600 - 90 - 31, 1);
}

TEST(Headroom, NothingIsForcedWhereNothingWouldBeReplayed) {
  Flow stream(Set{{"engine.snapshot_every", "24h"}}, 600'000);
  stream.append(100);
  const auto life = stream.lives.life();
  ASSERT_TRUE(life->work_to_end());
  stream.wait(*life, seconds(31));  // all of a short log is needed: soon
  const std::uint64_t snapshot = stream.newest_snapshot();
  ASSERT_EQ(snapshot, (*life)->epoch());
  stream.wait(*life, seconds(590));  // a silent source: its last record is almost gone
  EXPECT_TRUE(std::isnan(figure(**life, metric::replay_headroom_seconds)));
  stream.take(*life, 1);
  EXPECT_EQ(stream.newest_snapshot(), snapshot);
}

TEST(Headroom, ASnapshotIsForcedBeforeRetentionDeletesInput) {
  Flow stream(Set{{"engine.snapshot_every", "24h"}});
  stream.append(500);
  {
    const auto life = stream.lives.life();
    ASSERT_TRUE(life->work_to_end());
    (*life)->finish();
  }
  const std::uint64_t first = stream.newest_snapshot();
  Hashes live;
  {
    const auto life = stream.lives.life();
    stream.take(*life, 500);
    stream.lives.log().delete_records("events", 0, 400);
    stream.wait(*life, seconds(31));
    stream.take(*life, 10);
    EXPECT_EQ(stream.newest_snapshot(), first);  // a hundred of six hundred are still before it
    stream.lives.log().delete_records("events", 0, 460);
    stream.wait(*life, seconds(31));  // no row comes any more
    EXPECT_EQ(stream.newest_snapshot(), (*life)->epoch());
    stream.lives.log().delete_records("events", 0, 1010);  // what the first one would have needed
    live = life->hashes();
  }
  EXPECT_EQ(stream.lives.life()->hashes(), live);
}

TEST(Headroom, ASnapshotThatWasForcedIsInTheTopicTooWhenAllEnds) {
  Flow stream(Set{{"engine.snapshot_every", "24h"}});
  const auto life = stream.lives.life();
  stream.take(*life, 100);
  stream.wait(*life, seconds(31));  // all of a short log is needed: the first, on disk and sent
  stream.take(*life, 100);
  stream.lives.log().delete_records("events", 0, 99);
  stream.wait(*life, seconds(31));  // on disk
  ASSERT_EQ(stream.newest_snapshot(), (*life)->epoch());
  const auto sent = [&] {
    SnapshotTopicReader topic(stream.lives.log(), "diamond", 0);
    return topic.list().front().epoch;
  };
  ASSERT_LT(sent(), (*life)->epoch());
  (*life)->finish();
  EXPECT_EQ(sent(), (*life)->epoch());
}

TEST(Headroom, EpochsBelowTheOldestSnapshotInTheTopicAreTrimmed) {
  Flow stream(Set{{"engine.snapshot_every", "1s"},
                  {"engine.snapshot_topic_every", "10s"},
                  {"engine.keep_epochs", "0s"}});
  Hashes live;
  {
    const auto life = stream.lives.life();
    for (int i = 0; i < 300; ++i) {
      stream.take(*life, 3);
      stream.lives.pass(seconds(1));
    }
    live = life->hashes();
  }
  const OffsetRange epochs = stream.lives.log().offsets("weir.diamond.epochs", 0);
  EXPECT_GT(epochs.first, epochs.end / 2);
  SnapshotTopicReader topic(stream.lives.log(), "diamond", 0);
  const std::vector<TopicSnapshot> there = topic.list();
  ASSERT_EQ(there.size(), 3U);
  EXPECT_LE(epochs.first, there.back().log_position);
  std::vector<std::string> notes;
  EXPECT_EQ(stream.lives.verified(&notes), live);  // on a machine without a disk's snapshots
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0], "compared from the snapshot of epoch " + std::to_string(there.back().epoch) +
                          " on; the epochs before it cannot be replayed: they were trimmed");
  std::filesystem::remove_all(stream.lives.folder());
  EXPECT_EQ(stream.lives.life()->hashes(), live);  // another host
  const OffsetRange snapshots = stream.lives.log().offsets("weir.diamond.snapshots", 0);
  stream.lives.log().delete_records("weir.diamond.snapshots", 0, snapshots.end);
  try {
    stream.lives.verified();
    FAIL();
  } catch (const LogFailure& failure) {
    EXPECT_STREQ(
        failure.what(),
        "the first epochs cannot be replayed: they were trimmed, and no snapshot is there");
  }
}

TEST(Headroom, NoEpochIsTrimmedWhileTheTopicTakesNoSnapshot) {
  Flow stream(Set{{"engine.snapshot_every", "1s"},
                  {"engine.snapshot_topic_every", "10s"},
                  {"engine.keep_epochs", "0s"}});
  stream.lives.hook = [](const MemoryLog::Call& call) {
    if (call.kind == MemoryLog::Call::Kind::commit && call.name == "weir.diamond.snapshots.0")
      throw LogFailure(LogFailure::Kind::unreachable, "not now");
    return MemoryLog::Fault::none;
  };
  const auto life = stream.lives.life();
  for (int i = 0; i < 100; ++i) {
    stream.take(*life, 3);
    stream.lives.pass(seconds(1));
  }
  EXPECT_EQ(stream.lives.log().offsets("weir.diamond.epochs", 0).first, 0);
  EXPECT_FALSE((*life)->snapshot_error().empty());
}

/// Nobody answers about one topic; each question takes as long as it may.
struct Silence {
  Silence(Lives& of, std::string_view topic) : lives(of) {
    lives.hook = [this, topic](const MemoryLog::Call& call) {
      if (call.kind != MemoryLog::Call::Kind::offsets || call.name != topic || call.after)
        return MemoryLog::Fault::none;
      ++asked;
      lives.pass(seconds(1));
      throw LogFailure(LogFailure::Kind::unreachable, "no leader");
    };
  }
  ~Silence() { lives.hook = nullptr; }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

  Lives& lives;
  int asked = 0;
};

/// The lanes of a source are idle (some may be of none).
bool all_idle(const Shard& shard, std::string_view source) {
  for (std::size_t lane = 0; lane < shard.lanes().size(); ++lane)
    if (shard.graph().sources[shard.lanes()[lane].source].name == source &&
        !shard.clock().is_idle(lane))
      return false;
  return true;
}

// Neither their rows nor their idleness: a silent one among them would hold the watermark.
TEST(Headroom, APartitionThatNobodyAnswersForHoldsUpNoOther) {
  std::string yaml = kDiamond;
  yaml.replace(yaml.find("sources:"), 8, R"(sources:
  away: { type: kafka, topic: away, idle: 5s, fields: { x: number } })");
  yaml += "  x: { type: kafka, input: away, topic: x }\n";
  Lives lives(yaml, {{"sources.events.idle", "5s"}}, 2);
  const std::vector<Row> rows = random_rows(41, 300, 2);
  const auto away = [](int i) { return Row{"away", i % 2, "", "{\"x\":1}", 0}; };
  for (int i = 0; i < 20; ++i) lives.append(std::vector<Row>{away(i)});
  lives.append(std::span(rows).first(200));
  const auto life = lives.life();
  ASSERT_TRUE(life->work_to_end());
  const Shard& shard = (*life)->shard();
  {
    Silence silence(lives, "away");
    for (std::size_t i = 200; i < 220; ++i) {  // a record every 20 seconds
      const std::uint64_t taken = shard.sequence();
      lives.append(std::span(rows).subspan(i, 1));
      for (int second = 0; second < 20; ++second) {
        while ((*life)->work()) continue;
        EXPECT_GT(shard.sequence(), taken) << i;
        lives.pass(seconds(1));
      }
      EXPECT_TRUE(all_idle(shard, "events")) << i;
    }
    EXPECT_FALSE(all_idle(shard, "away"));
    EXPECT_GE(silence.asked, 20);
    EXPECT_LE(silence.asked, 2 * 25);  // of two lanes, each once in 20 seconds
  }
  EXPECT_TRUE(life->work_until([&] { return shard.clock().all_idle(); }));
  (*life)->finish();
  EXPECT_EQ(lives.verified(), life->hashes());
}

TEST(Headroom, PartitionsThatAnInputGetsAreToldOfOnceAndShown) {
  Flow stream(Set{});
  const auto life = stream.lives.life();
  stream.take(*life, 10);
  stream.wait(*life, seconds(31));
  EXPECT_EQ(figure(**life, metric::partitions_unread), 0);
  stream.lives.log().add_partitions("events", 3);
  stream.wait(*life, seconds(31));
  EXPECT_EQ(texts((*life)->take_notices(), Notice::Level::error),
            std::vector<std::string>{
                "source events has 3 partitions now, it had 1 when this pipeline began: the new "
                "ones are not read, and the number cannot change. Start under another pipeline "
                "name"});
  EXPECT_EQ(figure(**life, metric::partitions_unread), 2);
  stream.take(*life, 10);  // the others go on
  stream.wait(*life, seconds(31));
  EXPECT_TRUE(texts((*life)->take_notices(), Notice::Level::error).empty());
}

TEST(Headroom, ASnapshotThatCouldNotBeWrittenAnywhereDoesNotCount) {
  Flow stream(Set{{"engine.snapshot_every", "60s"}, {"engine.snapshot_topic_every", "60s"}},
              100'000'000);
  const auto life = stream.lives.life();
  stream.take(*life, 100);
  stream.wait(*life, seconds(61));  // all of a short log is needed: a snapshot at offset 100
  stream.take(*life, 10);
  stream.wait(*life, seconds(31));
  EXPECT_NEAR(figure(**life, metric::snapshot_age_seconds), 31, 1);

  const auto folder = stream.lives.folder();
  std::filesystem::rename(folder, folder.string() + ".away");
  std::ofstream(folder) << "no folder";
  bool down = true;
  stream.lives.hook = [&](const MemoryLog::Call& call) {
    if (down && call.kind == MemoryLog::Call::Kind::commit && !call.after &&
        call.name.find("snapshots") != std::string_view::npos)
      throw LogFailure(LogFailure::Kind::unreachable, "no broker");
    return MemoryLog::Fault::none;
  };
  for (int minute = 0; minute < 5; ++minute) {
    stream.wait(*life, seconds(61));
    stream.take(*life, 10);  // each with a snapshot that comes to nothing
  }
  EXPECT_FALSE((*life)->snapshot_error().empty());
  EXPECT_NEAR(figure(**life, metric::snapshot_age_seconds), 31 + 5 * 61, 1);
  stream.wait(*life, seconds(31));
  EXPECT_EQ(figure(**life, metric::replay_headroom_records), 100);

  down = false;
  stream.wait(*life, seconds(61));
  stream.take(*life, 10);
  stream.wait(*life, seconds(31));
  EXPECT_NEAR(figure(**life, metric::snapshot_age_seconds), 31, 1);
  EXPECT_EQ(figure(**life, metric::replay_headroom_records), 170);
  stream.lives.hook = nullptr;
}

}  // namespace
}  // namespace weir
