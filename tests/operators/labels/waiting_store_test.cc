#include "operators/labels/waiting_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "pipeline/core/batch.h"
#include "pipeline/core/state_visitors.h"

namespace weir {
namespace {

TEST(TimerQueue, TakesTimersByDueTimeThenByNumberWhateverTheOrderOfArrival) {
  std::mt19937_64 random(1);
  TimerQueue queue;
  std::vector<TimerQueue::Timer> expected;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    // Mostly in order, some far back, many equal.
    const auto due = static_cast<std::int64_t>(i / 3 + (random() % 10 == 0 ? random() % 500 : 500));
    queue.push({due, i});
    expected.push_back({due, i});
  }
  std::sort(expected.begin(), expected.end());
  for (const TimerQueue::Timer& one : expected) {
    ASSERT_FALSE(queue.empty());
    ASSERT_EQ(queue.top().due, one.due);
    ASSERT_EQ(queue.top().number, one.number);
    queue.pop();
  }
  EXPECT_TRUE(queue.empty());
}

TEST(TimerQueue, RetainsWhatItIsAskedTo) {
  TimerQueue queue;
  for (std::uint64_t i = 0; i < 1'000; ++i)
    queue.push({static_cast<std::int64_t>(i % 7 == 0 ? 0 : i), i});
  queue.retain([](const TimerQueue::Timer& timer) { return timer.number % 2 == 0; });
  EXPECT_EQ(queue.size(), 500u);
  std::int64_t last = -1;
  for (; !queue.empty(); queue.pop()) {
    EXPECT_EQ(queue.top().number % 2, 0u);
    EXPECT_GE(queue.top().due, last);
    last = queue.top().due;
  }
}

TEST(HashMultimap, FindsEveryNumberOfAHashAfterAnyRemovals) {
  std::mt19937_64 random(2);
  HashMultimap map;
  std::multimap<std::uint64_t, std::uint64_t> truth;
  for (std::uint64_t number = 0; number < 30'000; ++number) {
    const std::uint64_t hash = random() % 2'000 << 43;  // clustered on purpose
    map.add(hash, number);
    truth.emplace(hash, number);
    if (random() % 3 != 0) continue;
    auto gone = truth.lower_bound(random() % 2'000 << 43);
    if (gone == truth.end()) continue;
    map.remove(gone->first, gone->second);
    truth.erase(gone);
  }
  EXPECT_EQ(map.size(), truth.size());
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    const std::uint64_t hash = i << 43;
    std::vector<std::uint64_t> found, expected;
    map.each(hash, [&](std::uint64_t number) { found.push_back(number); });
    for (auto [at, end] = truth.equal_range(hash); at != end; ++at) expected.push_back(at->second);
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(found, expected) << hash;
  }
}

constexpr std::size_t kRows = 65'536;

TEST(HashMultimap, NamesTheNumbersThemselvesHoweverLargeTheyGrow) {
  HashMultimap map;
  std::uint64_t first = 0, last = 0;
  // Windows of a thousand numbers, across every multiple of what a slot holds.
  for (std::uint64_t window = 0; window < 40; ++window) {
    const std::uint64_t base = window * ((std::uint64_t{1} << 38) + 12'345);
    for (std::uint64_t i = 0; i < 1'000; ++i) map.add(i << 44, base + i);
    if (window > 0)
      for (std::uint64_t i = 0; i < 1'000; ++i) map.remove(i << 44, first + i);
    first = base;
    for (std::uint64_t i = 0; i < 1'000; ++i)
      map.each(i << 44, [&](std::uint64_t number) {
        last = number;
        ASSERT_EQ(number, base + i);
      });
  }
  EXPECT_EQ(last, first + 999);
  EXPECT_EQ(map.size(), 1'000u);
}

WaitingStore store() {
  return WaitingStore({.numbers = {"n0"}, .texts = {"id", "text"}, .list = true},
                      {.remember = 5'000});
}

std::uint64_t add(WaitingStore& to, std::string_view id, std::int64_t due, double value,
                  std::string_view text = "text") {
  return to.add({.text = id}, due, {{value}, {id, text}, {value, 2 * value}});
}

std::string save(WaitingStore& one) {
  std::string bytes;
  StateWriter writer(bytes);
  one.state(writer);
  return bytes;
}

TEST(WaitingStore, GivesBackARowAsItCame) {
  WaitingStore rows = store();
  const std::uint64_t a = add(rows, "a", 5, 1.5, "");
  const std::uint64_t b = rows.add({.text = "b"}, 6, {{kMissing}, {"b", {}}, {}});
  WaitingRow row;
  rows.read(a, row);
  EXPECT_EQ(row.numbers, std::vector<double>{1.5});
  EXPECT_EQ(row.texts[0], "a");
  EXPECT_FALSE(is_missing(row.texts[1]));
  EXPECT_EQ(row.texts[1], "");
  EXPECT_EQ(row.list, (std::vector<double>{1.5, 3}));
  rows.read(b, row);
  EXPECT_TRUE(is_missing(row.numbers[0]));
  EXPECT_TRUE(is_missing(row.texts[1]));
  EXPECT_TRUE(row.list.empty());
}

TEST(WaitingStore, MatchesWaitingRowsByTheirExactIdNotByItsHash) {
  WaitingStore rows({.numbers = {}, .texts = {"id"}, .list = false}, {});
  // Two ids in one slot of the index: the id decides.
  for (int i = 0; i < 5'000; ++i) {
    const std::string id = "id" + std::to_string(i);
    rows.add({.text = id}, 1, {{}, {id}, {}});
  }
  WaitingStore::Found found;
  for (int i = 0; i < 5'000; ++i) {
    rows.find({.text = "id" + std::to_string(i)}, found);
    ASSERT_EQ(found.waiting, std::vector<std::uint64_t>{static_cast<std::uint64_t>(i)});
  }
  rows.find({.text = "id"}, found);
  EXPECT_TRUE(found.waiting.empty());
}

TEST(WaitingStore, FreesASegmentOnceNoRowOfItWaits) {
  WaitingStore rows = store();
  const std::size_t segments = 4;
  for (std::size_t i = 0; i < segments * kRows; ++i)
    add(rows, "id-of-sixteen-by" + std::to_string(i), static_cast<std::int64_t>(i), 1,
        std::string(200, 'x'));
  const std::size_t full = rows.bytes();
  // Every row but one of the first three segments is joined: one segment must stay.
  for (std::size_t i = 0; i < 3 * kRows; ++i)
    if (i != 70'000) rows.join(i);
  const std::size_t joined = rows.bytes();
  EXPECT_LT(joined, full * 7 / 10);
  EXPECT_EQ(rows.waiting(), kRows + 1);
  rows.forget(2 * kRows);
  EXPECT_LT(rows.bytes(), joined);
  WaitingRow row;
  rows.read(70'000, row);
  EXPECT_EQ(row.texts[0], "id-of-sixteen-by70000");
  EXPECT_EQ(rows.next_due()->number, 70'000u);
}

TEST(WaitingStore, TimersOfJoinedRowsDoNotPileUp) {
  WaitingStore rows = store();
  std::size_t most = 0;
  for (std::int64_t i = 0; i < 300'000; ++i) {
    const std::uint64_t number = add(rows, "id" + std::to_string(i), i + 1'000'000'000, 1);
    rows.join(number);
    if (rows.remembered() > 1'000) rows.forget_one();
    most = std::max(most, rows.bytes());
  }
  EXPECT_LT(most, 20'000'000u);  // one segment and a thousand ids
  EXPECT_EQ(rows.next_due(), nullptr);
}

TEST(WaitingStore, ASavedStateIsTheSameStoreWhateverItsHistory) {
  std::mt19937_64 random(3);
  WaitingStore rows = store();
  for (std::int64_t i = 0; i < 150'000; ++i) {
    const std::string id = "id" + std::to_string(random() % 40'000);
    WaitingStore::Found found;
    rows.find({.text = id}, found);
    if (!found.waiting.empty() && random() % 2)
      rows.join(found.waiting[0]);
    else
      add(rows, id, i + static_cast<std::int64_t>(random() % 10'000), double(i));
    while (rows.next_due() && rows.next_due()->due <= i)
      rows.expire(rows.next_due()->number, random() % 2);
    rows.forget(i);
  }
  WaitingStore loaded = store();
  const std::string bytes = save(rows);
  StateReader reader(bytes);
  loaded.state(reader);
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_EQ(save(loaded), bytes);
  EXPECT_EQ(loaded.waiting(), rows.waiting());
  EXPECT_EQ(loaded.remembered(), rows.remembered());
  EXPECT_EQ(loaded.oldest(), rows.oldest());
  while (rows.next_due()) {
    ASSERT_EQ(loaded.next_due()->number, rows.next_due()->number);
    for (WaitingStore* one : {&rows, &loaded}) one->join(one->next_due()->number);
  }
  for (WaitingStore* one : {&rows, &loaded}) one->forget(200'000);
  EXPECT_EQ(loaded.remembered(), 0u);
  EXPECT_EQ(save(loaded), save(rows));
}

/// Puts sealed parts into "files" as soon as it is shown them.
struct Folder final : SealedSink {
  void settle(SealedBytes& part) override {
    if (part.on_disk()) return;
    const auto file = std::make_shared<std::string>(part.bytes());
    part = SealedBytes(part.name(), *file, file);
  }
};

std::uint64_t hash(WaitingStore& one) {
  StateHasher hasher;
  one.state(hasher);
  return hasher.hash();
}

/// Rows, joins and ends of waits by seed, on a store of segments of 64 rows.
class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) {}

  WaitingStore rows{{.numbers = {"n0", "n1"}, .texts = {"id", "text"}, .list = true},
                    {.remember = 3'000, .segment_bits = 6}};

  void go_on(int steps) {
    for (int i = 0; i < steps; ++i, ++time_) {
      const std::string id = "id" + std::to_string(random_() % 3'000);
      WaitingStore::Found found;
      rows.find({.text = id}, found);
      const std::string text(random_() % 20, 'x');
      const double number = static_cast<double>(time_);
      if (!found.waiting.empty() && random_() % 2)
        rows.join(found.waiting[0]);
      else if (!found.kept.empty())
        rows.join(found.kept[0]);
      else
        rows.add({.text = id}, time_ + static_cast<std::int64_t>(random_() % 2'000),
                 {{number, kMissing},
                  {id, random_() % 5 ? std::string_view(text) : std::string_view()},
                  std::vector<double>(random_() % 4, number)});
      while (rows.next_due() && rows.next_due()->due <= time_)
        rows.expire(rows.next_due()->number, random_() % 2);
      rows.forget(time_);
      if (random_() % 50 == 0 && rows.remembered() > 0) rows.forget_one();
    }
  }

 private:
  std::mt19937_64 random_;
  std::int64_t time_ = 0;
};

TEST(WaitingStore, SealedRowsInFilesChangeNothing) {
  Life in_memory(4), in_files(4);
  Folder folder;
  for (int turn = 0; turn < 40; ++turn) {
    in_memory.go_on(500);
    in_files.go_on(500);
    std::string bytes;
    std::vector<SealedBytes> parts;
    StateWriter writer(bytes, folder, parts);
    in_files.rows.state(writer);
    ASSERT_EQ(hash(in_memory.rows), hash(in_files.rows)) << turn;
    ASSERT_EQ(save(in_memory.rows), save(in_files.rows)) << turn;
    EXPECT_GT(parts.size(), 2u);
    EXPECT_LT(in_files.rows.bytes(), in_memory.rows.bytes());
    if (turn % 3 != 0) continue;
    WaitingStore loaded{{.numbers = {"n0", "n1"}, .texts = {"id", "text"}, .list = true},
                        {.remember = 3'000, .segment_bits = 6}};
    StateReader reader(bytes, parts);
    loaded.state(reader);
    EXPECT_EQ(reader.left(), 0u);
    in_files.rows = std::move(loaded);
  }
}

TEST(WaitingStore, HashesASealedNanAsAnyOther) {
  const auto filled = [](bool often) {
    WaitingStore rows{{.numbers = {"n0", "n1"}, .texts = {"id"}, .list = true},
                      {.segment_bits = 2}};
    for (const std::string id : {"a", "b", "c", "d", "e"}) {
      rows.add({.text = id}, 1'000, {{-kMissing, 1}, {id}, {-kMissing}});
      if (often) hash(rows);  // makes it one pattern where it lies
    }
    return hash(rows);
  };
  EXPECT_EQ(filled(false), filled(true));
}

TEST(WaitingStore, NamesASealedSegmentAndCopiesNothing) {
  WaitingStore rows = store();
  for (std::size_t i = 0; i < 3 * kRows; ++i)
    add(rows, "id" + std::to_string(i), static_cast<std::int64_t>(i), 1, std::string(50, 'x'));
  Folder folder;
  std::string bytes;
  std::vector<SealedBytes> parts;
  StateWriter writer(bytes, folder, parts);
  rows.state(writer);
  EXPECT_EQ(parts.size(), 6u);
  EXPECT_LT(bytes.size(), 3 * kRows + 1'000);  // a phase each
  WaitingRow row;
  rows.read(2 * kRows + 5, row);
  EXPECT_EQ(row.texts[0], "id" + std::to_string(2 * kRows + 5));
}

TEST(WaitingStore, ShowsEverySealedPartThatItsStateNames) {
  WaitingStore rows = store();
  for (std::size_t i = 0; i < 3 * kRows + 5; ++i)
    add(rows, "id" + std::to_string(i), static_cast<std::int64_t>(i), 1, std::string(50, 'x'));
  struct Shown final : SealedSink {
    void settle(SealedBytes& part) override {
      names.insert(part.name());
      folder.settle(part);
    }
    Folder folder;
    std::set<SealedName> names;
  } shown;
  const std::size_t before = rows.bytes();
  rows.sealed(shown);
  EXPECT_LT(rows.bytes(), before) << "they are exchanged for those in files";
  std::string bytes;
  std::vector<SealedBytes> parts;
  Folder folder;
  StateWriter writer(bytes, folder, parts);
  rows.state(writer);
  EXPECT_EQ(parts.size(), 6u);
  for (const SealedBytes& part : parts) EXPECT_TRUE(shown.names.contains(part.name()));
}

TEST(WaitingStore, RefusesAStateWhoseSealedBlockIsNoneOfItsOwn) {
  const WaitingLayout layout{.numbers = {"n0"}, .texts = {"id"}, .list = true};
  WaitingStore rows(layout, {.segment_bits = 2});
  for (int i = 0; i < 4; ++i)
    rows.add({.text = "id" + std::to_string(i)}, i, {{1}, {"id" + std::to_string(i)}, {1, 2, 3}});
  const std::string good = save(rows);
  std::mt19937_64 random(7);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = good;
    bad[random() % bad.size()] ^= static_cast<char>(1 << random() % 8);
    WaitingStore loaded(layout, {.segment_bits = 2});
    StateReader reader(bad);
    try {
      loaded.state(reader);
    } catch (const StateError&) {
      ++refused;
      continue;
    }
    WaitingRow row;
    while (loaded.next_due()) {
      loaded.read(loaded.next_due()->number, row);
      loaded.join(loaded.next_due()->number);
    }
  }
  EXPECT_GT(refused, 5'000);
}

TEST(WaitingStore, RefusesAStateWhoseColumnsDiffer) {
  WaitingStore rows = store();
  add(rows, "a", 1, 1);
  std::string bytes = save(rows);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    WaitingStore loaded = store();
    StateReader reader(std::string_view(bytes).substr(0, cut));
    EXPECT_THROW(loaded.state(reader), StateError) << cut;
  }
}

}  // namespace
}  // namespace weir
