// Whatever bytes of a snapshot are damaged, on disk or in the topic, none loads as another.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "pipeline/snapshots/snapshot_folder.h"
#include "tests/harness/sanitized.h"
#include "tests/pipeline/snapshots/snapshot_world.h"

namespace weir {
namespace {

using namespace snapshots_test;
using engine_test::kSanitized;

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

TEST(SnapshotStore, ADamagedFileIsNeverLoadedAndTheTopicTakesItsPlace) {
  SnapshotWorld world;
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
  SnapshotWorld world;
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
    SnapshotWorld other;
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
