#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "pipeline/core/state_visitors.h"
#include "tests/harness/believed_clock.h"

namespace weir {
namespace {

using namespace engine_test;

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
      source.far.push_back({time, key, lane});
      raise(lane, source.far.size() < confirm ? source.high.value_or(kNoTime) : *highest);
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

}  // namespace
}  // namespace weir
