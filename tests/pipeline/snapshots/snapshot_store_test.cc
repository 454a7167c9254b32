#include "pipeline/snapshots/snapshot_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "connectors/memory/memory_log.h"
#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/sanitized.h"
#include "tests/temporary_folder.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using engine_test::kSanitized;
using Call = MemoryLog::Call;
using Fault = MemoryLog::Fault;

constexpr std::string_view kTopic = "weir.fraud.snapshots";

std::string noise(std::uint64_t seed, std::size_t bytes) {
  std::mt19937_64 random(seed);
  std::string text(bytes, '\0');
  for (char& one : text) one = static_cast<char>(random());
  return text;
}

/// A log and a folder, and stores on them as one process after another makes them.
struct World {
  World() { log.create_topic(std::string(kTopic), 2, snapshots_topic_settings()); }

  SnapshotStore::Settings settings(bool with_topic = true) {
    SnapshotStore::Settings settings;
    settings.folder = folder.path() / "shard-1";
    settings.pipeline = "fraud";
    settings.shard = 1;
    settings.log = with_topic ? &log : nullptr;
    settings.topic_every = std::chrono::milliseconds(0);
    settings.threads = false;
    return settings;
  }

  /// The records of the shard's partition, and how many bytes they have.
  std::size_t topic_bytes() {
    std::size_t sum = 0;
    for (const auto& [key, size] : records()) sum += size;
    return sum;
  }
  std::vector<std::pair<std::string, std::size_t>> records() {
    std::vector<std::pair<std::string, std::size_t>> all;
    const OffsetRange range = log.offsets(std::string(kTopic), 1);
    const PartitionOffset start{1, range.first};
    Signal signal;
    const auto reader = log.reader(std::string(kTopic));
    reader->start({&start, 1}, signal);
    for (;;) {
      std::vector<Record> some;
      const auto fetched = reader->fetch(1, 100, some);
      for (const Record& one : some) all.emplace_back(one.key, one.value.size());
      if (some.empty() && fetched.end) return all;
    }
  }

  TemporaryFolder folder;
  std::function<Fault(const Call&)> fault;
  MemoryLog log{MemoryLog::Options{
      .hook = [this](const Call& call) { return fault ? fault(call) : Fault::none; }}};
};

Snapshot make_snapshot(std::uint64_t epoch, std::vector<SealedBytes> sealed = {},
                       std::size_t bytes = 1'000) {
  Snapshot snapshot;
  snapshot.pipeline = "fraud";
  snapshot.shard = 1;
  snapshot.epoch = epoch;
  snapshot.chain = epoch * 7;
  snapshot.log_position = static_cast<std::int64_t>(epoch) * 2;
  snapshot.resolved = "pipeline: fraud\n";
  snapshot.sections = {{"", 0, "clock"}, {"model", 5, noise(epoch, bytes)}};
  snapshot.sections[1].sealed = std::move(sealed);
  return snapshot;
}

bool equal(const Snapshot& a, const Snapshot& b) {
  const auto same_part = [](const SealedBytes& one, const SealedBytes& other) {
    return one.name() == other.name() && one.bytes() == other.bytes();
  };
  const auto same_section = [&](const StateSection& one, const StateSection& other) {
    return one.name == other.name && one.fingerprint == other.fingerprint &&
           one.bytes == other.bytes && std::ranges::equal(one.sealed, other.sealed, same_part);
  };
  return a.epoch == b.epoch && a.chain == b.chain && a.log_position == b.log_position &&
         a.resolved == b.resolved && std::ranges::equal(a.sections, b.sections, same_section);
}

std::vector<std::uint64_t> epochs(const std::vector<SnapshotStore::Candidate>& candidates) {
  std::vector<std::uint64_t> all;
  for (const auto& one : candidates) all.push_back(one.epoch);
  return all;
}

std::vector<fs::path> segment_files(const World& world) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry :
       fs::directory_iterator(world.folder.path() / "shard-1" / "segments", none))
    files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

void put(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(SnapshotStore, FindsWhatItPublishedInBothPlacesNewestFirst) {
  World world;
  {
    SnapshotStore store(world.settings());
    for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) store.publish(make_snapshot(epoch));
    EXPECT_EQ(store.report().disk.written, 5U);
    EXPECT_EQ(store.report().topic.written, 5U);
    EXPECT_EQ(store.oldest_in_topic()->epoch, 3U);
  }
  SnapshotStore store(world.settings());
  const auto there = store.list();
  EXPECT_EQ(epochs(there), (std::vector<std::uint64_t>{5, 5, 4, 4, 3, 3}));
  for (std::size_t i = 0; i < there.size(); ++i) {
    EXPECT_EQ(there[i].file.empty(), i % 2 == 1);
    EXPECT_TRUE(equal(store.load(there[i]), make_snapshot(there[i].epoch)));
  }
  EXPECT_EQ(store.oldest_in_topic()->log_position, 6);
}

TEST(SnapshotStore, ATopicThatIsNotThereOrEmptyHoldsNothing) {
  World world;
  EXPECT_TRUE(SnapshotStore(world.settings()).list().empty());
  SnapshotStore::Settings settings = world.settings();
  settings.pipeline = "other";
  EXPECT_TRUE(SnapshotStore(settings).list().empty());
}

TEST(SnapshotStore, SendsALargeSnapshotInSmallRecordsAndTransactions) {
  World world;
  const Snapshot large = make_snapshot(1, {SealedBytes(noise(1, 5'000'000))}, 30'000'000);
  int commits = 0;
  world.fault = [&](const Call& call) {
    commits += call.kind == Call::Kind::commit && call.after;
    return Fault::none;
  };
  SnapshotStore(world.settings()).publish(large);
  for (const auto& [key, size] : world.records()) EXPECT_LT(size, 900'000U) << key;
  EXPECT_EQ(world.records().back().first, "manifest");
  EXPECT_GE(commits, 4);
  fs::remove_all(world.folder.path() / "shard-1");
  SnapshotStore store(world.settings());
  EXPECT_TRUE(equal(store.load(store.list().at(0)), large));
}

TEST(SnapshotStore, WritesAndSendsASealedPartOnce) {
  World world;
  const SealedBytes part(noise(1, 2'000'000));
  SnapshotStore store(world.settings());
  store.publish(make_snapshot(1, {part}));
  const std::size_t first = store.report().topic.bytes;
  EXPECT_GT(first, 2'000'000U);
  const auto files = segment_files(world);
  ASSERT_EQ(files.size(), 1U);
  const auto written = fs::last_write_time(files[0]);
  for (std::uint64_t epoch = 2; epoch <= 9; ++epoch) {
    store.publish(make_snapshot(epoch, {part}));
    EXPECT_LT(store.report().topic.bytes, 5'000U);
  }
  EXPECT_EQ(fs::last_write_time(segment_files(world).at(0)), written);
  SnapshotStore next(world.settings());
  next.publish(make_snapshot(10, {part}));
  EXPECT_LT(next.report().topic.bytes, 5'000U);
  EXPECT_EQ(next.report().segments, 1U);
  EXPECT_EQ(next.report().segment_bytes, 2'000'000U);
}

TEST(SnapshotStore, ExchangesASealedPartForItsFileOnceWritten) {
  World world;
  SnapshotStore store(world.settings());
  SealedBytes part(noise(1, 100'000));
  store.sealed().settle(part);
  EXPECT_FALSE(part.on_disk());
  store.publish(make_snapshot(1, {part}));
  SealedBytes copy = part;
  store.sealed().settle(part);
  EXPECT_TRUE(part.on_disk());
  EXPECT_EQ(part.bytes(), copy.bytes());
  EXPECT_EQ(part.name(), copy.name());
}

TEST(SnapshotStore, RemovesSealedPartsThatNoSnapshotNames) {
  World world;
  SnapshotStore store(world.settings());
  const auto part = [](std::uint64_t i) { return SealedBytes(noise(i, 2'000'000)); };
  for (std::uint64_t epoch = 1; epoch <= 8; ++epoch)
    store.publish(make_snapshot(epoch, {part(epoch), part(epoch + 1)}));
  EXPECT_EQ(segment_files(world).size(), 4U);  // of three snapshots, two each
  // What compaction would leave: the last record of each key.
  std::map<std::string, std::size_t> last;
  for (const auto& [key, size] : world.records()) last[key] = size;
  std::size_t left = 0;
  for (const auto& [key, size] : last) left += size;
  EXPECT_LT(left, 4 * 2'000'000U + 30'000U);
  EXPECT_GT(left, 4 * 1'900'000U);
  for (const auto& one : store.list()) EXPECT_EQ(store.load(one).epoch, one.epoch);
}

TEST(SnapshotStore, TheTopicHoldsNoMoreThanItsGenerations) {
  World world;
  SnapshotStore store(world.settings());
  for (std::uint64_t epoch = 1; epoch <= 50; ++epoch)
    store.publish(make_snapshot(epoch, {SealedBytes(noise(epoch, 10'000))}, 50'000));
  EXPECT_LT(world.topic_bytes(), 4 * 62'000U);
  EXPECT_EQ(epochs(SnapshotStore(world.settings()).list()),
            (std::vector<std::uint64_t>{50, 50, 49, 49, 48, 48}));
}

TEST(SnapshotStore, APartThatTheDiskLostIsTakenFromTheTopicAndWrittenAgain) {
  World world;
  const std::vector<SealedBytes> parts{SealedBytes(noise(1, 2'000'000)),
                                       SealedBytes(noise(2, 1'000'000)),
                                       SealedBytes(std::string(3'000'000, 'x'))};
  SnapshotStore(world.settings()).publish(make_snapshot(1, {parts[0]}));
  SnapshotStore(world.settings()).publish(make_snapshot(2, parts));
  put(segment_files(world)[0], "damaged");
  fs::remove(segment_files(world)[1]);
  SnapshotStore store(world.settings());
  const auto there = store.list();
  const Snapshot loaded = store.load(there.at(0));
  EXPECT_TRUE(equal(loaded, make_snapshot(2, parts)));
  for (const SealedBytes& part : loaded.sections[1].sealed) EXPECT_TRUE(part.on_disk());
  SnapshotStore without_topic(world.settings(false));
  EXPECT_TRUE(equal(without_topic.load(without_topic.list().at(0)), make_snapshot(2, parts)));
}

TEST(SnapshotStore, APartThatIsNowhereMakesASnapshotUnusableAndTheOneBeforeItIsNot) {
  World world;
  {
    SnapshotStore store(world.settings(false));
    store.publish(make_snapshot(1, {SealedBytes("old")}));
    store.publish(make_snapshot(2, {SealedBytes("old"), SealedBytes("new")}));
  }
  fs::remove(world.folder.path() / "shard-1" / "segments" /
             (SealedBytes("new").name().text() + ".segment"));
  SnapshotStore store(world.settings());
  const auto there = store.list();
  EXPECT_THROW(store.load(there.at(0)), std::runtime_error);
  EXPECT_TRUE(equal(store.load(there.at(1)), make_snapshot(1, {SealedBytes("old")})));
}

TEST(SnapshotStore, GoesOnWithoutTheDiskAndWithItAgain) {
  World world;
  put(world.folder.path() / "shard-1", "in the way");
  SnapshotStore store(world.settings());
  SealedBytes part(noise(1, 1'000));
  store.publish(make_snapshot(1, {part}));
  EXPECT_EQ(store.report().disk.failed, 1U);
  EXPECT_FALSE(store.report().disk.last_error.empty());
  EXPECT_EQ(store.report().topic.written, 1U);
  store.sealed().settle(part);
  EXPECT_FALSE(part.on_disk());
  fs::remove(world.folder.path() / "shard-1");
  store.publish(make_snapshot(2, {part}));
  EXPECT_EQ(store.report().disk.written, 1U);
  EXPECT_TRUE(store.report().disk.last_error.empty());
  store.sealed().settle(part);
  EXPECT_TRUE(part.on_disk());
}

TEST(SnapshotStore, RemovesWhatAProcessLeftThatWasKilledWithinAWrite) {
  World world;
  const fs::path folder = world.folder.path() / "shard-1";
  SnapshotStore(world.settings()).publish(make_snapshot(1));
  put(folder / "00000000000000000007.snapshot.tmp", "the half of a sn");
  put(folder / "in-hand.tmp", "another's");
  SnapshotStore(world.settings()).publish(make_snapshot(8));
  EXPECT_FALSE(fs::exists(folder / "00000000000000000007.snapshot.tmp"));
  EXPECT_TRUE(fs::exists(folder / "in-hand.tmp"));
  EXPECT_EQ(list_snapshots(folder).size(), 2U);
}

TEST(SnapshotStore, ATopicThatCannotBeReachedIsNotTakenForEmpty) {
  World world;
  SnapshotStore(world.settings()).publish(make_snapshot(1));
  world.fault = [&](const Call& call) {
    if (call.kind == Call::Kind::offsets)
      throw LogFailure(LogFailure::Kind::unreachable, "the broker is away");
    return Fault::none;
  };
  try {
    SnapshotStore(world.settings()).list();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const LogFailure& failure) {
    EXPECT_EQ(failure.kind, LogFailure::Kind::unreachable);
  }
  world.fault = nullptr;
  EXPECT_EQ(SnapshotStore(world.settings()).list().size(), 2U);
}

TEST(SnapshotStore, GoesOnWithoutTheLogAndSendsWhatIsMissingLater) {
  World world;
  SnapshotStore store(world.settings());
  const std::vector<SealedBytes> parts{SealedBytes(noise(1, 9'000'000)),
                                       SealedBytes(noise(2, 9'000'000))};
  int commits = 0;
  world.fault = [&](const Call& call) {
    if (call.kind == Call::Kind::commit && !call.after && ++commits == 2)
      throw LogFailure(LogFailure::Kind::unreachable, "the broker is away");
    return Fault::none;
  };
  store.publish(make_snapshot(1, parts));
  EXPECT_EQ(store.report().disk.written, 1U);
  EXPECT_EQ(store.report().topic.failed, 1U);
  EXPECT_EQ(store.report().topic.last_error, "the broker is away");
  EXPECT_FALSE(store.oldest_in_topic());
  store.publish(make_snapshot(2, parts));
  EXPECT_EQ(store.report().topic.written, 1U);
  fs::remove_all(world.folder.path() / "shard-1");
  SnapshotStore next(world.settings());
  const auto there = next.list();
  ASSERT_EQ(epochs(there), std::vector<std::uint64_t>{2});
  EXPECT_TRUE(equal(next.load(there[0]), make_snapshot(2, parts)));
}

TEST(SnapshotStore, AnyCommitLostOrUnansweredLeavesWholeSnapshotsInTheTopic) {
  const std::vector<SealedBytes> parts{SealedBytes(noise(1, 9'000'000)),
                                       SealedBytes(noise(2, 1'000'000))};
  for (const Fault fault : {Fault::request_lost, Fault::answer_lost})
    for (int lost = 1; lost <= 6; ++lost) {
      World world;
      SnapshotStore store(world.settings());
      int commits = 0;
      world.fault = [&](const Call& call) {
        if (call.kind != Call::Kind::commit || call.after) return Fault::none;
        return ++commits == lost ? fault : Fault::none;
      };
      for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) {
        std::vector<SealedBytes> some = parts;
        if (epoch > 2) some.emplace_back(noise(epoch, 1'000'000));
        store.publish(make_snapshot(epoch, some));
      }
      EXPECT_EQ(store.report().topic.failed, 1U) << lost;
      fs::remove_all(world.folder.path() / "shard-1");
      SnapshotStore next(world.settings());
      const auto there = next.list();
      ASSERT_GE(there.size(), 3U) << lost;
      for (const auto& one : there) EXPECT_EQ(next.load(one).epoch, one.epoch) << lost;
    }
}

TEST(SnapshotStore, AnotherOwnerStopsTheFirstFromSending) {
  World world;
  SnapshotStore first(world.settings());
  first.publish(make_snapshot(1));
  SnapshotStore::Settings settings = world.settings();
  settings.folder = world.folder.path() / "other";
  SnapshotStore second(settings);
  second.publish(make_snapshot(2));
  first.publish(make_snapshot(3));
  EXPECT_TRUE(first.report().fenced);
  EXPECT_EQ(first.report().disk.written, 2U);
  first.publish(make_snapshot(4));
  EXPECT_EQ(first.report().topic.failed, 1U);
  second.publish(make_snapshot(5));
  EXPECT_EQ(epochs(SnapshotStore(settings).list()), (std::vector<std::uint64_t>{5, 5, 2, 2, 1}));
}

TEST(SnapshotStore, ASnapshotHalfSentByOneThatDiedTakesNoRoomForLong) {
  World world;
  {
    SnapshotStore store(world.settings());
    store.publish(make_snapshot(1));
    int commits = 0;
    world.fault = [&](const Call& call) {
      return call.kind == Call::Kind::commit && !call.after && ++commits > 1 ? Fault::request_lost
                                                                             : Fault::none;
    };
    store.publish(make_snapshot(2, {SealedBytes(noise(1, 20'000'000))}));
    EXPECT_EQ(store.report().topic.failed, 1U);
    world.fault = nullptr;
  }
  SnapshotStore store(world.settings());
  for (std::uint64_t epoch = 3; epoch <= 6; ++epoch) store.publish(make_snapshot(epoch));
  std::map<std::string, std::size_t> last;
  for (const auto& [key, size] : world.records()) last[key] = size;
  int dead = 0;
  for (const auto& [key, size] : last) {
    if (!key.starts_with("segment/")) continue;
    EXPECT_EQ(size, 0U) << key;
    ++dead;
  }
  EXPECT_GT(dead, 10);
}

TEST(SnapshotStore, SendsToTheTopicNoMoreOftenThanAskedButForTheLast) {
  World world;
  SnapshotStore::Settings settings = world.settings();
  auto now = std::chrono::steady_clock::time_point();
  settings.now = [&] { return now; };
  settings.topic_every = std::chrono::minutes(5);
  SnapshotStore store(settings);
  for (std::uint64_t epoch = 1; epoch <= 12; ++epoch, now += std::chrono::minutes(1))
    store.publish(make_snapshot(epoch));
  EXPECT_EQ(store.report().disk.written, 12U);
  EXPECT_EQ(store.report().topic.written, 3U);
  store.publish(make_snapshot(13), true);
  EXPECT_EQ(store.report().topic.written, 4U);
  EXPECT_EQ(store.list().at(1).epoch, 13U);
}

TEST(SnapshotStore, AThreadWritesTheNewestThatWaitsAndFinishesAtTheEnd) {
  World world;
  SnapshotStore::Settings settings = world.settings();
  settings.threads = true;
  {
    SnapshotStore store(settings);
    for (std::uint64_t epoch = 1; epoch <= 20; ++epoch) store.publish(make_snapshot(epoch));
    store.finish();
    EXPECT_EQ(store.list().at(0).epoch, 20U);
    store.publish(make_snapshot(21));
  }
  EXPECT_EQ(SnapshotStore(settings).list().at(0).epoch, 21U);
}

/// One byte changed, some cut off, nothing left, another version.
std::string damaged(const std::string& good, std::mt19937_64& random, int how) {
  std::string bad = good;
  if (how % 20 == 17) return bad.substr(0, random() % good.size());
  if (how % 20 == 18) return {};
  // Half of the changes hit the beginning, where versions and lengths are.
  const std::size_t at =
      random() % (how % 2 == 0 ? std::min<std::size_t>(200, good.size()) : good.size());
  bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
  return bad;
}

TEST(SnapshotStore, DamageToAnyFileNeverLoadsWrongAndLeavesTheTopicToFallBackTo) {
  World world;
  const std::vector<SealedBytes> parts{SealedBytes(noise(1, 70'000)),
                                       SealedBytes(std::string(50'000, 'x'))};
  SnapshotStore(world.settings()).publish(make_snapshot(1, parts, 200'000));
  SnapshotStore(world.settings()).publish(make_snapshot(2, parts, 200'000));
  const fs::path shard = world.folder.path() / "shard-1";
  std::vector<fs::path> files = segment_files(world);
  files.push_back(list_snapshots(shard)[0]);
  std::mt19937_64 random(5);
  int refused = 0;
  for (int i = 0; i < (kSanitized ? 100 : 1'000); ++i) {
    const fs::path& file = files[static_cast<std::size_t>(i) % files.size()];
    const std::string good = bytes_of(file);
    put(file, damaged(good, random, i));
    for (const bool with_topic : {false, true}) {
      SnapshotStore store(world.settings(with_topic));
      bool loaded = false;
      for (const auto& one : store.list()) {
        try {
          const Snapshot snapshot = store.load(one);
          ASSERT_TRUE(equal(snapshot, make_snapshot(one.epoch, parts, 200'000))) << i;
          loaded = true;
          break;
        } catch (const std::runtime_error&) {
          ++refused;
        }
      }
      EXPECT_TRUE(loaded || !with_topic) << i;
    }
    put(file, good);
  }
  EXPECT_GT(refused, kSanitized ? 90 : 900);
}

TEST(SnapshotStore, DamageToAnyRecordOfTheTopicNeverLoadsWrong) {
  World world;
  const std::vector<SealedBytes> parts{SealedBytes(noise(1, 70'000)),
                                       SealedBytes(std::string(50'000, 'x'))};
  {
    SnapshotStore store(world.settings());
    for (std::uint64_t epoch = 1; epoch <= 3; ++epoch)
      store.publish(make_snapshot(epoch, parts, 100'000));
  }
  struct Good {
    std::int64_t offset;
    std::string key, value;
  };
  std::vector<Good> good;
  {
    const PartitionOffset start{1, 0};
    Signal signal;
    const auto reader = world.log.reader(std::string(kTopic));
    reader->start({&start, 1}, signal);
    for (;;) {
      std::vector<Record> some;
      const auto fetched = reader->fetch(1, 100, some);
      for (const Record& one : some)
        good.push_back({one.offset, std::string(one.key), std::string(one.value)});
      if (some.empty() && fetched.end) break;
    }
  }
  std::mt19937_64 random(6);
  int loaded = 0, refused = 0;
  for (int i = 0; i < (kSanitized ? 100 : 1'000); ++i) {
    World other;
    SnapshotStore::Settings settings = other.settings();
    const std::size_t bad = random() % good.size();
    for (std::size_t record = 0; record < good.size(); ++record) {
      const auto& [offset, key, value] = good[record];
      while (other.log.offsets(std::string(kTopic), 1).end < offset)
        other.log.append(std::string(kTopic), 1, "where a control record was", "", 0);
      other.log.append(std::string(kTopic), 1, key,
                       record == bad ? damaged(value, random, i) : value, 0);
    }
    SnapshotStore store(settings);
    for (const auto& one : store.list()) {
      try {
        const Snapshot snapshot = store.load(one);
        ASSERT_TRUE(equal(snapshot, make_snapshot(one.epoch, parts, 100'000))) << i;
        ++loaded;
      } catch (const std::runtime_error&) {
        ++refused;
      }
    }
    store.publish(make_snapshot(9, parts));
    ASSERT_TRUE(store.report().topic.last_error.empty()) << store.report().topic.last_error;
    ASSERT_EQ(store.load(store.list().at(1)).epoch, 9U);
  }
  EXPECT_GT(loaded, kSanitized ? 100 : 1'000);
  EXPECT_GT(refused, kSanitized ? 50 : 500);
}

}  // namespace
}  // namespace weir
