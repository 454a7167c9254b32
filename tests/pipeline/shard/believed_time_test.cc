#include "pipeline/shard/believed_time.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "pipeline/core/state_visitors.h"

namespace weir {
namespace {

constexpr std::int64_t kStart = 1'704'067'200'000;  // 2024
constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::int64_t kWrong = 4'102'444'800'000;  // 2100

/// A clock and what it believes, of sources with one partition each.
struct Clock {
  explicit Clock(std::vector<BelievedTime::Limits> limits = {{kHour, 10}})
      : Clock(limits, one_lane_each(limits.size())) {}
  Clock(const std::vector<BelievedTime::Limits>& limits, std::vector<std::size_t> sources)
      : believed(limits, sources), clock(std::vector<std::int64_t>(sources.size())) {}
  static std::vector<std::size_t> one_lane_each(std::size_t sources) {
    std::vector<std::size_t> lanes;
    for (std::size_t i = 0; i < sources; ++i) lanes.push_back(i);
    return lanes;
  }

  std::int64_t row(std::int64_t time, std::optional<std::uint64_t> key, std::size_t lane = 0) {
    late += time < clock.watermark();
    if (!believed.take(lane, time)) return believed.judge(lane, time, key, clock);
    clock.row(lane, time);
    return time;
  }
  bool idle(std::size_t lane) {
    clock.idle(lane);
    return believed.idle(lane, clock);
  }
  std::uint64_t refused(std::size_t source = 0) const { return believed.counts(source).refused; }

  BelievedTime believed;
  EventClock clock;
  std::size_t late = 0;
};

TEST(BelievedTime, ARowWithinAheadMovesTheClockAtOnce) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart + i, i);
  EXPECT_EQ(clock.row(kStart + 9 + kHour, 1), kStart + 9 + kHour);
  EXPECT_EQ(clock.clock.watermark(), kStart + 9 + kHour);
  EXPECT_EQ(clock.row(kStart + 10 + 2 * kHour, 1), kStart + 9 + kHour) << "a millisecond too far";
  EXPECT_EQ(clock.clock.watermark(), kStart + 9 + kHour);
}

TEST(BelievedTime, TheClockBeginsWithTheTenthRow) {
  Clock clock;
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(clock.row(kStart + i * kMinute, i), kStart + i * kMinute);
    EXPECT_EQ(clock.clock.watermark(), kNoTime);
  }
  clock.row(kStart + 9 * kMinute, 9);
  EXPECT_EQ(clock.clock.watermark(), kStart + 9 * kMinute);
}

TEST(BelievedTime, TheClockBeginsWithFewerRowsOnceAllPartitionsOfTheSourceAreIdle) {
  Clock clock({{kHour, 10}}, {0, 0});
  clock.row(kStart, 1, 0);
  clock.row(kStart + kMinute, 1, 1);
  EXPECT_FALSE(clock.idle(0));
  EXPECT_EQ(clock.clock.watermark(), kNoTime);
  EXPECT_TRUE(clock.idle(1));
  EXPECT_TRUE(clock.clock.all_idle()) << "that it counts does not wake a partition";
  EXPECT_EQ(clock.clock.watermark(), kStart + kMinute);
}

TEST(BelievedTime, AWrongFirstRowOfAFewDoesNotBeginTheClock) {
  Clock clock;
  clock.row(kWrong, 1);
  clock.row(kStart, 2);
  EXPECT_TRUE(clock.idle(0));
  EXPECT_EQ(clock.clock.watermark(), kStart);
  EXPECT_EQ(clock.believed.in_doubt(0), 1U);
}

TEST(BelievedTime, AFewRowsOfASourceThatFallsIdleDoNotCarryTheOthersAway) {
  Clock clock({{kHour, 10}, {kHour, 10}});
  for (int i = 0; i < 20; ++i) clock.row(kStart + i, i, 0);
  EXPECT_EQ(clock.row(kWrong, 1, 1), kStart + 19);
  clock.idle(1);
  EXPECT_EQ(clock.believed.highest(), kStart + 19);
  EXPECT_EQ(clock.row(kStart + 20, 1, 0), kStart + 20);
  EXPECT_EQ(clock.clock.watermark(), kStart + 20);
}

TEST(BelievedTime, TenFarRowsOfThreeKeysAreBelieved) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart, i);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(clock.row(kStart + kDay + i, i % 3), kStart);
  EXPECT_EQ(clock.row(kStart + kDay + 9, 0), kStart + kDay + 9);
  EXPECT_EQ(clock.clock.watermark(), kStart + kDay + 9);
  EXPECT_EQ(clock.believed.counts(0).believed, 10U);
  EXPECT_EQ(clock.refused(), 0U);
}

TEST(BelievedTime, FarRowsOfTwoKeysAreNotUnlessTheSourceHasNoMore) {
  for (const int keys : {1, 2, 3}) {
    Clock clock;
    for (int i = 0; i < 10; ++i) clock.row(kStart, i % keys);
    for (int i = 0; i < 500; ++i) clock.row(kWrong + i, i % std::min(keys, 2));
    EXPECT_EQ(clock.believed.highest() < kWrong, keys == 3) << keys;
    clock.row(kWrong + 500, 2);
    EXPECT_GE(clock.believed.highest(), kWrong) << "the third key";
  }
}

TEST(BelievedTime, ARowThatIsNotFarStartsTheCountAgain) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart, i);
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 9; ++i) clock.row(kWrong, i);
    clock.row(kStart + round, 0);
  }
  EXPECT_EQ(clock.believed.highest(), kStart + 49);
  EXPECT_EQ(clock.refused(), 450U);
}

TEST(BelievedTime, TheClockMovesToTheLeastOfThemAndOnToThoseWithinReach) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart, i);
  for (int i = 0; i < 9; ++i)
    clock.row(i == 4 ? kWrong : kStart + kDay + i * kMinute, i);
  EXPECT_EQ(clock.row(kStart + kDay + 9 * kMinute, 9), kStart + kDay + 9 * kMinute);
  EXPECT_EQ(clock.believed.highest(), kStart + kDay + 9 * kMinute);
  EXPECT_EQ(clock.believed.counts(0).believed, 9U);
  EXPECT_EQ(clock.believed.in_doubt(0), 1U) << "the wrong one stays counted";
}

TEST(BelievedTime, ATickCounts) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart, i);
  clock.idle(0);
  clock.clock.tick(kStart + kDay);
  clock.believed.tick(kStart + kDay);
  EXPECT_EQ(clock.row(kStart + kDay + kMinute, 1), kStart + kDay + kMinute);
}

TEST(BelievedTime, APartitionOfWrongRowsDoesNotHoldTheOthersBack) {
  Clock clock({{kHour, 10}}, {0, 0});
  for (int i = 0; i < 100; ++i) {
    clock.row(kStart + i * kMinute, i % 7, 0);
    clock.row(kWrong, 7, 1);
  }
  EXPECT_EQ(clock.clock.watermark(), kStart + 99 * kMinute);
}

TEST(BelievedTime, WithConfirmOneEveryRowMovesTheClock) {
  Clock clock({{kHour, 1}});
  EXPECT_EQ(clock.row(kStart, 1), kStart);
  EXPECT_EQ(clock.clock.watermark(), kStart);
  EXPECT_EQ(clock.row(kStart + kDay, 2), kStart + kDay);
  EXPECT_EQ(clock.row(kWrong, 1), kWrong);
  EXPECT_EQ(clock.clock.watermark(), kWrong);
}

// What happens to streams that others have met. A row is lost if it is right and late, or counts as
// another time than its own.

struct Figures {
  std::size_t lost = 0, far = 0;
  std::int64_t highest = kNoTime;
};

struct SimulatedRow {
  std::int64_t time = 0;  // as it should be
  std::optional<std::uint64_t> device;
  bool wrong = false;
};

Figures simulate(const std::vector<SimulatedRow>& rows) {
  Clock clock;
  Figures figures;
  for (const SimulatedRow& row : rows) {
    const std::size_t late = clock.late;
    const std::int64_t own = row.wrong ? kWrong + row.time - kStart : row.time;
    const std::int64_t counts = clock.row(own, row.device);
    figures.lost += !row.wrong && (clock.late > late || counts != own);
    figures.far += counts != own;
  }
  figures.highest = clock.believed.highest();
  return figures;
}

/// A row a minute of one of twenty devices.
std::vector<SimulatedRow> fleet(std::uint64_t seed, int rows) {
  std::mt19937_64 random(seed);
  std::vector<SimulatedRow> all;
  for (int i = 0; i < rows; ++i) all.push_back({kStart + i * kMinute, random() % 20, false});
  return all;
}

TEST(BelievedTimeSimulated, OneWrongDeviceOfTwentyLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<SimulatedRow> rows = fleet(seed, 20'000);
    std::size_t wrong = 0;
    for (SimulatedRow& row : rows) wrong += row.wrong = row.device == 7U;
    const Figures figures = simulate(rows);
    EXPECT_EQ(figures.lost, 0U) << "seed " << seed;
    EXPECT_LE(wrong - figures.far, 9U) << "those before the clock began";
    const auto last = std::find_if(rows.rbegin(), rows.rend(),
                                   [](const SimulatedRow& row) { return !row.wrong; });
    EXPECT_EQ(figures.highest, last->time);
  }
}

TEST(BelievedTimeSimulated, ABurstOf50RowsOfADeviceLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<SimulatedRow> rows = fleet(seed, 20'000);
    for (std::size_t i = 10'000; i < 10'050; ++i) rows[i] = {rows[i].time, 3, true};
    const Figures figures = simulate(rows);
    EXPECT_EQ(figures.lost, 0U) << "seed " << seed;
    EXPECT_EQ(figures.far, 50U) << "seed " << seed;
    EXPECT_EQ(figures.highest, rows.back().time);
  }
}

TEST(BelievedTimeSimulated, AWrongFirstRowLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<SimulatedRow> rows = fleet(seed, 5'000);
    rows[0].wrong = true;
    const Figures figures = simulate(rows);
    EXPECT_EQ(figures.lost, 0U) << "seed " << seed;
    EXPECT_EQ(figures.highest, rows.back().time);
  }
}

TEST(BelievedTimeSimulated, AFifthOfTheRowsWrongLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    for (const bool keys : {true, false}) {
      std::vector<SimulatedRow> rows = fleet(seed, 20'000);
      for (SimulatedRow& row : rows) {
        row.wrong = random() % 5 == 0;
        if (!keys) row.device.reset();
      }
      const Figures figures = simulate(rows);
      EXPECT_EQ(figures.lost, 0U) << "seed " << seed;
      EXPECT_GT(figures.far, 3'700U) << "seed " << seed;
      EXPECT_LT(figures.highest, kWrong);
    }
  }
}

TEST(BelievedTimeSimulated, ANightsGapCostsTenRows) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<SimulatedRow> rows;
    for (int day = 0; day < 30; ++day)
      for (int minute = 0; minute < 14 * 60; ++minute)
        rows.push_back({kStart + day * kDay + minute * kMinute, random() % 20, false});
    const Figures figures = simulate(rows);
    // The tenth is believed with the nine before it; three devices may take a few more.
    EXPECT_GE(figures.far, 29U * 9) << "seed " << seed;
    EXPECT_LE(figures.far, 29U * 10) << "seed " << seed;
    EXPECT_EQ(figures.lost, figures.far);
    EXPECT_EQ(figures.highest, rows.back().time);
  }
}

TEST(BelievedTimeSimulated, DailyAndMonthlyFilesStayRight) {
  for (const bool monthly : {false, true})
    for (const bool wrong : {false, true}) {
      std::vector<SimulatedRow> rows;
      std::int64_t time = kStart;
      for (int i = 0; i < 400; ++i) {
        rows.push_back({time, std::nullopt, wrong && i % 7 == 3});
        time += monthly ? (28 + i * 7 % 4) * kDay : i % 5 == 4 ? 3 * kDay : kDay;
      }
      const Figures figures = simulate(rows);
      EXPECT_EQ(figures.lost, 0U) << monthly << wrong;
      EXPECT_EQ(figures.far, wrong ? 57U - 1 : 0U) << "all but the one before the clock began";
      EXPECT_EQ(figures.highest, rows.back().time);
    }
}

/// The rules in their plainest form: everything is kept and looked at every time.
struct SlowBelief {
  struct SlowRow {
    std::int64_t time;
    int key;  // -1: none
    std::size_t lane;
  };
  struct SlowSource {
    std::vector<std::int64_t> advances;
    std::optional<std::int64_t> high;
    std::set<int> keys;
    std::size_t keyless = 0;
    std::vector<SlowRow> first, far;
    bool begun = false;
  };
  std::size_t confirm = 10;
  std::vector<SlowSource> sources;
  std::vector<std::size_t> source_of;
  std::vector<std::optional<std::int64_t>> lane_high;
  std::vector<bool> lane_idle;
  std::optional<std::int64_t> highest;
  std::int64_t watermark = kNoTime;

  static std::int64_t middle(std::vector<std::int64_t> of) {
    std::ranges::sort(of);
    return of[(of.size() - 1) / 2];
  }
  std::optional<std::int64_t> gap(const SlowSource& source) const {
    if (source.advances.empty()) return std::nullopt;
    const std::size_t n = std::min<std::size_t>(11, source.advances.size());
    return middle({source.advances.end() - static_cast<std::ptrdiff_t>(n), source.advances.end()});
  }
  std::int64_t usual(const SlowSource& source) const {
    if (const auto own = gap(source)) return *own;
    std::int64_t widest = 0;
    for (const SlowSource& other : sources) widest = std::max(widest, gap(other).value_or(0));
    return widest;
  }
  bool is_far(std::int64_t time, std::int64_t usual) const {
    return highest && time - *highest > kHour && time - *highest > 5 * usual;
  }
  void raise(std::size_t lane, std::int64_t time) {
    lane_high[lane] = std::max(lane_high[lane].value_or(kNoTime), time);
  }
  void advance() {
    std::int64_t least = std::numeric_limits<std::int64_t>::max(), most = kNoTime;
    for (std::size_t i = 0; i < lane_high.size(); ++i) {
      most = std::max(most, lane_high[i].value_or(kNoTime));
      if (!lane_idle[i]) least = std::min(least, lane_high[i].value_or(kNoTime));
    }
    if (least == std::numeric_limits<std::int64_t>::max()) least = most;
    watermark = std::max(watermark, least);
  }
  void count(SlowSource& source, std::int64_t time) {
    if (source.high && time > *source.high) source.advances.push_back(time - *source.high);
    source.high = std::max(source.high.value_or(kNoTime), time);
    highest = std::max(highest.value_or(kNoTime), time);
  }
  std::size_t different(const std::vector<SlowRow>& rows) const {
    std::set<int> keys;
    std::size_t keyless = 0;
    for (const SlowRow& row : rows) row.key < 0 ? void(++keyless) : void(keys.insert(row.key));
    return keys.size() + keyless;
  }
  /// The last rows in doubt move the clock; returns those that stay in doubt.
  std::vector<SlowRow> move(SlowSource& source, std::vector<SlowRow> rows,
                            std::optional<std::int64_t> by) {
    if (rows.size() > confirm) rows.erase(rows.begin(), rows.end() - static_cast<long>(confirm));
    std::vector<SlowRow> sorted = rows;
    std::ranges::stable_sort(sorted, {}, &SlowRow::time);
    std::int64_t last = kNoTime;
    for (const SlowRow& row : sorted) {
      if (last != kNoTime && is_far(row.time, by.value_or(usual(source)))) break;
      count(source, row.time);
      last = row.time;
    }
    std::vector<SlowRow> rest;
    for (const SlowRow& row : rows) {
      raise(row.lane, std::min(row.time, *highest));
      if (row.time > last) rest.push_back(row);
    }
    return rest;
  }
  void begin(SlowSource& source) {
    source.begun = true;
    std::vector<SlowRow> first = std::move(source.first);
    std::vector<std::int64_t> gaps;
    std::vector<SlowRow> sorted = first;
    std::ranges::sort(sorted, {}, &SlowRow::time);
    for (std::size_t i = 1; i < sorted.size(); ++i)
      if (sorted[i].time > sorted[i - 1].time) gaps.push_back(sorted[i].time - sorted[i - 1].time);
    if (first.size() < confirm && is_far(sorted[0].time, usual(source))) {
      for (const SlowRow& row : first) raise(row.lane, *highest);
      source.far = first;
      return;
    }
    source.far = move(source, first,
                      gaps.size() < 2 ? std::nullopt : std::optional(middle(gaps)));
  }
  std::int64_t row(std::size_t lane, std::int64_t time, int key) {
    SlowSource& source = sources[source_of[lane]];
    key < 0 ? void(++source.keyless) : void(source.keys.insert(key));
    lane_idle[lane] = false;
    const bool far = is_far(time, usual(source));
    std::int64_t counts = far ? *highest : time;
    if (!source.begun) {
      source.first.push_back({time, key, lane});
      if (source.first.size() == confirm) {
        begin(source);
        counts = std::min(time, *highest);
      }
    } else if (!far) {
      source.far.clear();
      count(source, time);
      raise(lane, time);
    } else {
      raise(lane, *highest);
      source.far.push_back({time, key, lane});
      if (source.far.size() >= confirm &&
          different(source.far) >= std::min({confirm, std::size_t{3},
                                             source.keys.size() + source.keyless}))
        source.far = move(source, source.far, std::nullopt);
      counts = std::min(time, *highest);
    }
    advance();
    return counts;
  }
  void idle(std::size_t lane) {
    lane_idle[lane] = true;
    SlowSource& source = sources[source_of[lane]];
    bool all = !source.begun && !source.first.empty();
    for (std::size_t i = 0; i < source_of.size(); ++i)
      all = all && (source_of[i] != source_of[lane] || lane_idle[i]);
    advance();
    if (all) begin(source);
    advance();
  }
};

struct RandomStreams {
  std::mt19937_64 random;
  std::vector<std::int64_t> now;
  std::vector<std::uint64_t> pace;

  RandomStreams(std::uint64_t seed, std::size_t sources) : random(seed) {
    for (std::size_t i = 0; i < sources; ++i) {
      now.push_back(kStart);
      pace.push_back(std::vector<std::uint64_t>{kMinute, kHour, kDay, 1}[random() % 4]);
    }
  }
  std::int64_t next(std::size_t source) {
    now[source] += static_cast<std::int64_t>(random() % (2 * pace[source]));
    if (random() % 60 == 0) now[source] += static_cast<std::int64_t>(random() % 5) * 9 * kHour;
    if (random() % 200 == 0) pace[source] = 1 + random() % (2 * kDay);
    if (random() % 6 == 0) return kWrong + static_cast<std::int64_t>(random() % kDay);
    return now[source] - static_cast<std::int64_t>(random() % 4 * pace[source] / 2);
  }
};

TEST(BelievedTime, AgreesWithTheRulesWrittenPlainlyOnRandomInput) {
  std::uint64_t believed = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const std::size_t count = 1 + seed % 3, confirm = seed % 7 == 0 ? 1 + seed % 4 : 10;
    RandomStreams streams(seed, count);
    SlowBelief slow;
    slow.confirm = confirm;
    slow.sources.resize(count);
    for (std::size_t i = 0; i < count; ++i) slow.source_of.push_back(i);
    if (seed % 2 == 0) slow.source_of.push_back(0);
    slow.lane_high.resize(slow.source_of.size());
    slow.lane_idle.resize(slow.source_of.size());
    const std::vector<BelievedTime::Limits> limits(count, {kHour, confirm});
    Clock clock(limits, slow.source_of);
    const int keys = std::vector{1, 2, 3, 20, 0}[seed % 5];
    std::size_t burst = 0;
    for (int i = 0; i < 1'000; ++i) {
      const std::size_t lane = streams.random() % slow.source_of.size();
      if (streams.random() % 40 == 0) {
        slow.idle(lane);
        clock.idle(lane);
      } else {
        if (streams.random() % 150 == 0) burst = streams.random() % 30;
        const std::int64_t own = streams.next(slow.source_of[lane]);
        const std::int64_t time = burst > 0 ? kWrong : own;
        burst -= burst > 0;
        const int key = keys == 0 ? -1 : static_cast<int>(streams.random() % keys);
        const auto hash = key < 0 ? std::nullopt : std::optional<std::uint64_t>(key);
        ASSERT_EQ(clock.row(time, hash, lane), slow.row(lane, time, key))
            << "seed " << seed << " row " << i;
      }
      ASSERT_EQ(clock.believed.highest(), slow.highest.value_or(kNoTime))
          << "seed " << seed << " row " << i;
      ASSERT_EQ(clock.clock.watermark(), slow.watermark) << "seed " << seed << " row " << i;
      if (streams.random() % 100 != 0) continue;
      std::string bytes;  // a restart in the middle changes nothing
      StateWriter writer(bytes);
      clock.believed.state(writer);
      clock.clock.state(writer);
      Clock restarted(limits, slow.source_of);
      StateReader reader(bytes);
      restarted.believed.state(reader);
      restarted.clock.state(reader);
      clock = std::move(restarted);
    }
    for (std::size_t source = 0; source < count; ++source) {
      believed += clock.believed.counts(source).believed;
      refused += clock.believed.counts(source).refused;
    }
  }
  EXPECT_GT(believed, 3'000U);
  EXPECT_GT(refused, 3'000U);
}

TEST(BelievedTime, RefusesAStateThatIsNone) {
  Clock clock;
  for (int i = 0; i < 10; ++i) clock.row(kStart, i);
  for (int i = 0; i < 5; ++i) clock.row(kWrong, i);
  std::string bytes;
  StateWriter writer(bytes);
  clock.believed.state(writer);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Clock other;
    StateReader reader(std::string_view(bytes).substr(0, cut));
    EXPECT_THROW(other.believed.state(reader), StateError) << cut;
  }
}

}  // namespace
}  // namespace weir
