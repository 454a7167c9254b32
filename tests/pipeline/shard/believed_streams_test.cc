#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

#include "tests/harness/believed_clock.h"

namespace weir {
namespace {

using namespace engine_test;

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

}  // namespace
}  // namespace weir
