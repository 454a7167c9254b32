// The arithmetic of windows: `aggregates` with `over` and `by`, beside slow ways to compute them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/operators/features/features_bench.h"

namespace weir {
namespace {

using namespace features_test;

// What a window is, the slow way: over all earlier rows with a value.
struct Seen {
  std::int64_t time;
  std::int64_t row;
  double value;
};

double slow_mean(const std::vector<double>& x) {
  double sum = 0;
  for (double value : x) sum += value;
  return x.empty() ? kMissing : sum / static_cast<double>(x.size());
}
double slow_std(const std::vector<double>& x) {
  if (x.size() < 2) return kMissing;
  const double mean = slow_mean(x);
  double squares = 0;
  for (double value : x) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(x.size() - 1));
}

void expect_near(const Cell& got, double wanted, std::size_t at) {
  const double number = std::holds_alternative<double>(got) ? std::get<double>(got) : kMissing;
  if (std::isnan(wanted)) {
    EXPECT_TRUE(std::isnan(number)) << "row " << at << ": " << number;
    return;
  }
  EXPECT_NEAR(number, wanted, 1e-9 * std::max(1.0, std::abs(wanted))) << "row " << at;
}

TEST(Features, AWindowOfTimeHoldsExactlyItsLivePanes) {
  OperatorBench features = bench(R"({"input": "s", "aggregates": {
      "m": {"mean": "amount", "over": "1h"}, "d": {"std": "amount", "over": "1h"},
      "lo": {"min": "amount", "over": "1h"}, "n": {"count": "amount > 50", "over": "1h"}}})");
  const std::vector<InputRow> rows = transactions(3000, 5, kMinute / 2);
  const auto out = features.run(rows)[0];
  std::vector<Seen> seen;
  std::int64_t newest = kNoTime;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    newest = std::max(newest, rows[i].time);
    std::vector<double> inside;
    const std::int64_t first = newest / kMinute - 59;  // the oldest of 60 panes
    double least = kMissing, many = 0;
    for (const Seen& one : seen) {
      if (one.time / kMinute < first) continue;
      inside.push_back(one.value);
      least = std::isnan(least) ? one.value : std::min(least, one.value);
      many += one.value > 50;
      ASSERT_GT(one.time, newest - kHour);  // never more than the window,
    }
    for (const Seen& one : seen)  // and at most one pane less
      if (one.time > newest - kHour + kMinute) {
        ASSERT_GE(one.time / kMinute, first);
      }
    expect_near(out[i].cells[kOwn], slow_mean(inside), i);
    expect_near(out[i].cells[kOwn + 1], slow_std(inside), i);
    expect_near(out[i].cells[kOwn + 2], least, i);
    expect_near(out[i].cells[kOwn + 3], many, i);
    if (const auto* amount = std::get_if<double>(&rows[i].cells[1]))
      // A row that came when its pane was gone is in no window, then or later.
      if (rows[i].time / kMinute >= newest / kMinute - 59)
        seen.push_back({rows[i].time, static_cast<std::int64_t>(i), *amount});
  }
}

TEST(Features, AWindowOfRowsIsExactWhenAPaneIsOneRow) {
  OperatorBench features = bench(
      R"({"input": "s", "aggregates": {"m": {"mean": "amount", "over": 20},
                                       "x": {"max": "amount", "over": 20}}})");
  const std::vector<InputRow> rows = transactions(500, 6, kMinute);
  const auto out = features.run(rows)[0];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<double> inside;
    double most = kMissing;
    for (std::size_t j = i < 20 ? 0 : i - 20; j < i; ++j)
      if (const auto* amount = std::get_if<double>(&rows[j].cells[1])) {
        inside.push_back(*amount);
        most = std::isnan(most) ? *amount : std::max(most, *amount);
      }
    expect_near(out[i].cells[kOwn], slow_mean(inside), i);
    expect_near(out[i].cells[kOwn + 1], most, i);
  }
}

TEST(Features, AWindowOfRowsIsWithinOnePaneOfItsLength) {
  OperatorBench features =
      bench(R"({"input": "s", "aggregates": {"n": {"count": true, "over": 100, "panes": 10}}})");
  std::vector<InputRow> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back(row(i, "a", cell(1)));
  const auto cells = first_own(features, rows);
  for (std::size_t i = 100; i < cells.size(); ++i) {
    EXPECT_GT(std::get<double>(cells[i]), 90);
    EXPECT_LE(std::get<double>(cells[i]), 100);
  }
}

TEST(Features, ALateRowEntersItsOwnPaneWhileThatIsAlive) {
  OperatorBench features =
      bench(R"({"input": "s", "aggregates": {"n": {"count": true, "over": "1h"}}})");
  const std::int64_t t = 1000 * kHour;
  const auto cells = first_own(
      features, {row(t, "a", cell(1)), row(t - 30 * kMinute, "a", cell(1)),  // late, alive
                 row(t - 2 * kHour, "a", cell(1)),                           // late, gone
                 row(t - 2 * kHour, "a", cell(1)),     // does not see it either
                 row(t + 1, "a", cell(1)),             // sees two
                 row(t + 31 * kMinute, "a", cell(1)),  // the late one left
                 row(t + 2 * kHour, "a", cell(1))});
  EXPECT_EQ(cells,
            (std::vector<Cell>{cell(0), cell(1), cell(2), cell(2), cell(2), cell(2), cell(0)}));
}

TEST(Features, LagByRowsIsTheValueThatManyValuesBefore) {
  OperatorBench features = bench(
      R"({"input": "s", "key": "card", "aggregates": {"p": {"lag": "amount", "by": 2},
                                                      "q": {"lag": "country"}}})");
  const auto out = features.run({row(1, "a", cell(1), cell("A")), row(2, "a", cell(2), missing()),
                                 row(3, "b", cell(9), cell("Z")), row(4, "a", missing(), cell("C")),
                                 row(5, "a", cell(4), cell("D"))})[0];
  EXPECT_EQ(out[1].cells[kOwn], missing());
  EXPECT_EQ(out[3].cells[kOwn], cell(1));
  EXPECT_EQ(out[4].cells[kOwn], cell(1));
  EXPECT_EQ(out[1].cells[kOwn + 1], cell("A"));
  EXPECT_EQ(out[3].cells[kOwn + 1], cell("A"));
  EXPECT_EQ(out[4].cells[kOwn + 1], cell("C"));
}

TEST(Features, LagByTimeIsTheValueAsOfThatLongBeforeToOnePane) {
  OperatorBench features =
      bench(R"({"input": "s", "aggregates": {"then": {"lag": "amount", "by": "1h"}}})");
  std::vector<InputRow> rows;
  for (int i = 0; i < 300; ++i) rows.push_back(row(i * kMinute, "a", cell(i)));
  const auto cells = first_own(features, rows);
  EXPECT_EQ(cells[59], missing());
  for (std::size_t i = 60; i < rows.size(); ++i)
    EXPECT_EQ(cells[i], cell(static_cast<double>(i - 60)));
  // After a silence the last value that old still is the value as of then.
  EXPECT_EQ(std::get<double>(first_own(features, {row(1000 * kMinute, "a", cell(-1))})[0]), 299);
}

TEST(Features, StdStaysSaneFarFromZero) {
  OperatorBench features =
      bench(R"({"input": "s", "aggregates": {"d": {"std": "amount", "over": 60}}})");
  std::vector<InputRow> rows;
  for (int i = 0; i < 200; ++i) rows.push_back(row(i, "a", cell(1e9 + i % 2)));
  EXPECT_NEAR(std::get<double>(first_own(features, rows).back()), 0.50421, 1e-5);
}

TEST(Features, ANumberTooLargeToSquareEntersNoFigureAndIsCounted) {
  for (const char* figure : {"sum", "mean", "std", "min", "max", "last", "lag"}) {
    const std::string options = std::string(R"({"input": "s", "aggregates": {"f": {")") + figure +
                                R"(": "amount"}}})";
    OperatorBench with = bench(options), without = bench(options);
    std::vector<InputRow> rows, spoilt;
    for (int i = 0; i < 50; ++i) {
      rows.push_back(row(i, "a", cell(i)));
      spoilt.push_back(rows.back());
      if (i % 10 == 5) spoilt.push_back(row(i, "a", cell(i == 5 ? 1.7e308 : -1e151)));
    }
    rows.push_back(row(60, "a", cell(1e150)));
    rows.push_back(row(61, "a", cell(1)));
    spoilt.insert(spoilt.end(), rows.end() - 2, rows.end());
    EXPECT_EQ(first_own(with, spoilt).back(), first_own(without, rows).back()) << figure;
    EXPECT_EQ(with.report()["weir_values_skipped_total"], 5) << figure;
    EXPECT_EQ(without.report()["weir_values_skipped_total"], 0) << figure;
  }
}

TEST(Features, OfALongTextLastAndLagKeepTheFirst1024Bytes) {
  const std::string whole(1'024, 'a'), longer = whole + "b";
  const std::string wide = std::string(1'023, 'a') + "\u00e9";
  for (const char* kind : {R"({"last": "country"})", R"({"lag": "country"})"}) {
    OperatorBench before = bench(R"({"input": "events", "key": "card", "aggregates": {"before": )" +
                                 std::string(kind) + "}}");
    ASSERT_TRUE(before.ok()) << before.mistakes()[0];
    const std::vector<Cell> out =
        first_own(before, {row(0, "a", cell(1), cell(longer)), row(1, "a", cell(1), cell(whole)),
                           row(2, "a", cell(1), cell(wide)), row(3, "a", cell(1), cell("short")),
                           row(4, "a", cell(1), cell(std::string(1'000'000, 'x'))),
                           row(5, "a", cell(1))});
    EXPECT_EQ(out[1], cell(whole)) << kind;
    EXPECT_EQ(out[2], cell(whole)) << kind;
    EXPECT_EQ(out[3], cell(std::string(1'023, 'a'))) << kind << ": no half character";
    EXPECT_EQ(out[4], cell("short")) << kind;
    EXPECT_EQ(out[5], cell(std::string(1'024, 'x'))) << kind;
    EXPECT_EQ(before.report()["weir_texts_cut_total"], 3) << kind;
    before.main_rows({row(6, "a", cell(1), cell(std::string(1'000'000, 'y')))});
    EXPECT_LT(before.save().size(), 3'000u) << kind;
  }
}

}  // namespace
}  // namespace weir
