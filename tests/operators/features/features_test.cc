#include "operators/features/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

const Schema kSchema{{{"card", Type::text},
                      {"amount", Type::number},
                      {"country", Type::text},
                      {"foreign", Type::boolean},
                      {"ts", Type::time}}};
constexpr std::size_t kOwn = 5;  // the operator's first own field
constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;

OperatorBench bench(std::string_view options, bool timed = true) {
  return {make_features(), options, {FakeBinding::Port{kSchema, timed}}};
}

InputRow row(std::int64_t time, std::string_view card, Cell amount, Cell country = cell("DE"),
             Cell foreign = cell(0)) {
  return {time, {cell(card), amount, country, foreign, cell(static_cast<double>(time))}};
}

/// A run of one key with rows a minute apart; returns the operator's first own field.
std::vector<Cell> first_own(OperatorBench& bench, const std::vector<InputRow>& rows) {
  std::vector<Cell> cells;
  for (const OutputRow& out : bench.main_rows(rows)) cells.push_back(out.cells.at(kOwn));
  return cells;
}

/// Transactions of some cards, a share of them late, some values missing.
std::vector<InputRow> transactions(std::size_t count, std::uint64_t seed, std::int64_t gap,
                                   std::size_t cards = 20) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> share(0, 1);
  std::vector<InputRow> rows;
  std::int64_t now = 1'700'000'000'000;
  for (std::size_t i = 0; i < count; ++i) {
    now += static_cast<std::int64_t>(share(random) * 2 * static_cast<double>(gap));
    const bool late = share(random) < 0.1;
    const std::int64_t back = late ? static_cast<std::int64_t>(share(random) * 40 * kMinute) : 0;
    InputRow made =
        row(now - back, "card" + std::to_string(random() % cards),
            share(random) < 0.05 ? missing() : cell(std::round(share(random) * 1e4) / 100),
            cell(share(random) < 0.3 ? "FR" : "DE"), cell(share(random) < 0.2 ? 1 : 0));
    if (share(random) < 0.03) made.cells[0] = missing();
    rows.push_back(std::move(made));
  }
  return rows;
}

constexpr std::string_view kEverything = R"json({
  "input": "s", "key": "card", "max_keys": 15, "ttl": "6h",
  "aggregates": {
    "n": {"count": true}, "n_1h": {"count": true, "over": "1h"},
    "abroad_2h": {"count": "country != 'DE'", "over": "2h", "panes": 7},
    "sum_1h": {"sum": "amount", "over": "1h"}, "mean_all": {"mean": "amount"},
    "mean_30": {"mean": "amount", "over": 30, "panes": 10},
    "std_1h": {"std": "amount", "over": "1h"}, "share": {"mean": "foreign", "over": 10},
    "least": {"min": "amount", "over": "3h"}, "most": {"max": "log1p(amount)", "over": 8},
    "seen": {"max": "ts"}, "where": {"last": "country"},
    "where_1h": {"last": "country", "over": "1h"},
    "third": {"lag": "amount", "by": 3}, "hour_ago": {"lag": "amount", "by": "1h"},
    "where_before": {"lag": "country", "by": 2}, "where_then": {"lag": "country", "by": "30m"}
  },
  "values": {
    "moved": "country != where", "ratio": "amount / mean_all", "score": "ratio * 2 + n_1h",
    "label": "concat(where, '-', country)"
  }
})json";

TEST(Features, GivesTheSameOutputAndStateInStepsOfAnySize) {
  const std::vector<InputRow> rows = transactions(6000, 1, kMinute);
  OperatorBench features = bench(kEverything);
  ASSERT_TRUE(features.ok()) << features.mistakes().front();
  const auto whole = features.run(rows, 4096, 10 * kMinute);
  const std::uint64_t hash = features.state_hash();
  for (std::size_t size : {1, 7, 997}) {
    features.restart();
    EXPECT_EQ(features.run(rows, size, 10 * kMinute), whole) << size;
    EXPECT_EQ(features.state_hash(), hash) << size;
  }
  EXPECT_GT(features.report()["weir_evictions_total"], 0);
  EXPECT_GT(features.report()["weir_operator_rows_total{no_key}"], 0);
}

TEST(Features, GoesOnBitForBitAfterARestoreInMidStream) {
  const std::vector<InputRow> rows = transactions(4000, 2, kMinute);
  OperatorBench features = bench(kEverything);
  auto whole = features.run(rows, 64, 10 * kMinute);
  const std::uint64_t hash = features.state_hash();
  features.restart();
  auto pieces = features.run({rows.begin(), rows.begin() + 1777}, 64, 10 * kMinute);
  const std::string saved = features.save();
  features.load(saved);
  EXPECT_EQ(features.save(), saved);
  const auto rest = features.run({rows.begin() + 1777, rows.end()}, 64, 10 * kMinute);
  pieces[0].insert(pieces[0].end(), rest[0].begin(), rest[0].end());
  EXPECT_EQ(pieces, whole);
  EXPECT_EQ(features.state_hash(), hash);
}

TEST(Features, KeepsTheSameStateWhoeverReads) {
  const std::vector<InputRow> rows = transactions(1000, 3, kMinute);
  OperatorBench features = bench(kEverything);
  const auto all = features.run(rows);
  const std::uint64_t hash = features.state_hash();
  const Schema& schema = features.binding().outputs[0].schema;
  for (const Field& field : schema.fields)
    if (field.name != "score") features.unread(0, field.name);
  features.restart();
  const auto some = features.run(rows);
  EXPECT_EQ(features.state_hash(), hash);
  const std::size_t score = *schema.find("score");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(some[0][i].cells[score], all[0][i].cells[score]);
    EXPECT_EQ(some[0][i].cells[*schema.find("sum_1h")], missing());
  }
}

TEST(Features, AnAggregateNeverSeesItsOwnRow) {
  // Were a row's amount in its own figures, changing the last one would change them.
  std::vector<InputRow> rows = transactions(500, 4, kMinute, 3);
  OperatorBench features = bench(kEverything);
  const Schema& schema = features.binding().outputs[0].schema;
  const OutputRow before = features.run(rows)[0].back();
  rows.back().cells = {rows.back().cells[0], cell(1e6), cell("XX"), cell(1), cell(4e12)};
  features.restart();
  const OutputRow after = features.run(rows)[0].back();
  for (std::size_t field = kOwn; field < *schema.find("moved"); ++field)
    EXPECT_EQ(before.cells[field], after.cells[field]) << schema.fields[field].name;
  EXPECT_NE(before.cells[*schema.find("ratio")], after.cells[*schema.find("ratio")]);
}

TEST(Features, IsColdForTheFirstRowOfAKey) {
  OperatorBench features = bench(kEverything);
  const OutputRow first = features.run({row(1'000'000, "a", cell(5))})[0][0];
  const Schema& schema = features.binding().outputs[0].schema;
  for (std::size_t field = kOwn; field < schema.size(); ++field) {
    const std::string& name = schema.fields[field].name;
    const bool counts = name == "n" || name == "n_1h" || name == "abroad_2h";
    EXPECT_EQ(first.cells[field], counts ? cell(0) : missing()) << name;
  }
}

TEST(Features, CountsRowsOfTheSameKeyOnly) {
  OperatorBench features = bench(R"({"input": "s", "key": ["card", "country"],
                                     "aggregates": {"n": {"count": true}}})");
  // Were the parts of a key just strung together, "ab" + "c" would be "a" + "bc".
  const auto cells =
      first_own(features, {row(1, "ab", cell(1), cell("c")), row(2, "a", cell(1), cell("bc")),
                           row(3, "ab", cell(1), cell("c"))});
  EXPECT_EQ(cells, (std::vector<Cell>{cell(0), cell(0), cell(1)}));
}

TEST(Features, ARowWithoutAKeyIsColdAndLeavesNothing) {
  OperatorBench features = bench(kEverything);
  features.run({row(1000, "a", cell(5))});
  const std::uint64_t hash = features.state_hash();
  InputRow keyless = row(2000, "", cell(7));
  keyless.cells[0] = missing();
  const OutputRow out = features.run({keyless})[0][0];
  EXPECT_EQ(out.cells[kOwn], cell(0));
  EXPECT_EQ(out.cells[1], cell(7));
  EXPECT_EQ(features.state_hash(), hash);
  EXPECT_EQ(features.report()["weir_operator_rows_total{no_key}"], 1);
  EXPECT_EQ(features.binding().required,
            (std::vector<std::pair<std::size_t, std::size_t>>{{0, 0}}));
}

TEST(Features, SkipsMissingValues) {
  OperatorBench features =
      bench(R"({"input": "s", "aggregates": {"m": {"mean": "amount"}, "l": {"last": "amount"}}})");
  const auto out = features.run({row(1, "a", cell(4)), row(2, "a", missing()), row(3, "a", cell(8)),
                                 row(4, "a", missing())})[0];
  EXPECT_EQ(out[2].cells[kOwn], cell(4));
  EXPECT_EQ(out[2].cells[kOwn + 1], cell(4));
  EXPECT_EQ(out[3].cells[kOwn], cell(6));
  EXPECT_EQ(out[3].cells[kOwn + 1], cell(8));
}

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
      R"({"input": "s", "aggregates": {"m": {"mean": "amount", "over": 20}, "x": {"max": "amount", "over": 20}}})");
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
      R"({"input": "s", "key": "card", "aggregates": {"p": {"lag": "amount", "by": 2}, "q": {"lag": "country"}}})");
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

TEST(Features, AnOverflowIsMissingAndCounted) {
  OperatorBench features =
      bench(R"({"input": "s", "aggregates": {"s": {"sum": "amount", "over": 2}}})");
  const auto cells =
      first_own(features, {row(1, "a", cell(1e308)), row(2, "a", cell(1e308)), row(3, "a", cell(1)),
                           row(4, "a", cell(2)), row(5, "a", cell(3))});
  EXPECT_EQ(cells[2], missing());
  EXPECT_EQ(cells[4], cell(3));  // it has left the window, and nothing is left of it
  EXPECT_EQ(features.report()["weir_expression_invalid_total"], 1);
}

TEST(Features, CountsInfinitiesOfTwoPanesThatMeetToo) {
  OperatorBench features =
      bench(R"({"input": "s", "aggregates": {"s": {"sum": "amount", "over": 60, "panes": 6}}})");
  std::vector<InputRow> rows;
  for (int i = 0; i < 21; ++i) rows.push_back(row(i, "a", cell(i < 10 ? 1e308 : -1e308)));
  EXPECT_EQ(first_own(features, rows).back(), missing());
  EXPECT_EQ(features.report()["weir_expression_invalid_total"], 19);  // from the third row on
}

TEST(Features, ARowThatTimeAloneMadeHasTheTimeOfTheTick) {
  const std::string_view options = R"json({
    "input": "s", "key": "card", "ttl": "6h",
    "aggregates": {
      "n": {"count": true}, "n_1h": {"count": true, "over": "1h"},
      "ago": {"lag": "amount", "by": "1h"}, "where_ago": {"lag": "country", "by": "1h"}
    }
  })json";
  std::vector<InputRow> rows = transactions(2000, 5, kMinute);
  std::sort(rows.begin(), rows.end(),
            [](const InputRow& left, const InputRow& right) { return left.time < right.time; });
  OperatorBench features = bench(options);
  const auto with_records = features.run(rows);
  const std::uint64_t hash = features.state_hash();
  for (std::size_t i = 0; i < rows.size(); i += 3) rows[i].at_tick = true;
  features.restart();
  EXPECT_EQ(features.run(rows), with_records);
  EXPECT_EQ(features.state_hash(), hash);
}

TEST(Features, ForgetsKeysByTtlAndByMaxKeys) {
  OperatorBench features = bench(R"({"input": "s", "key": "card", "max_keys": 2, "ttl": "1h",
                                     "aggregates": {"n": {"count": true}}})");
  const auto cells =
      first_own(features, {row(0, "a", cell(1)), row(kHour, "a", cell(1)),
                           row(2 * kHour + 1, "a", cell(1)), row(2 * kHour + 2, "b", cell(1)),
                           row(2 * kHour + 3, "c", cell(1)), row(2 * kHour + 4, "a", cell(1))});
  EXPECT_EQ(cells, (std::vector<Cell>{cell(0), cell(1), cell(0), cell(0), cell(0), cell(0)}));
  EXPECT_EQ(features.report()["weir_keys"], 2);
  EXPECT_EQ(features.report()["weir_evictions_total"], 2);
  EXPECT_EQ(features.report()["weir_keys_expired_total"], 1);
}

TEST(Features, ValuesMayUseAggregatesAndEachOtherInAnyOrder) {
  OperatorBench features = bench(R"({"input": "s", "aggregates": {"n": {"count": true}},
      "values": {"c": "b + 1", "b": "a * 10 + n", "a": "amount"}})");
  ASSERT_TRUE(features.ok());
  const auto out = features.run({row(1, "x", cell(2)), row(2, "x", cell(3))})[0];
  EXPECT_EQ(out[1].cells, (std::vector<Cell>{cell("x"), cell(3), cell("DE"), cell(0), cell(2),
                                             cell(1), cell(32), cell(31), cell(3)}));
}

TEST(Features, TellsACycleOfValues) {
  EXPECT_EQ(
      bench(R"({"input": "s", "values": {"a": "b + 1", "b": "c", "c": "a", "d": "a"}})").mistakes(),
      std::vector<std::string>{"a value cannot depend on itself: a -> b -> c -> a"});
}

TEST(Features, TellsEveryMistakeOnce) {
  const auto mistakes = [](std::string_view options) { return bench(options).mistakes(); };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"mean": "amout"}},
                         "values": {"v": "m + 1", "w": "v * 2", "x": "countr == 'DE'"}})"),
            (Texts{"no field `amout`; did you mean `amount`?",
                   "no field `countr`; did you mean `country`?"}));
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"mean": "country"}}})"),
            Texts{"`country` is a text; this aggregate takes a number or a boolean"});
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"count": "amount"}}})"),
            Texts{"`amount` is number, not boolean"});
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"over": "1h"}}})"),
            Texts{": an aggregate needs one of count, sum, mean, std, min, max, last, lag"});
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"mean": "amount", "max": "amount"}}})"),
            Texts{"max: an aggregate is one of mean and max, not both"});
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"mean": "amount", "by": 2}}})"),
            Texts{"by: `by` belongs to `lag`"});
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"lag": "amount", "over": 2}}})"),
            Texts{"over: `lag` has no window: it takes `by`"});
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"distinct": "country"}}})"),
            (Texts{"distinct comes later (learners)",
                   ": an aggregate needs one of count, sum, mean, std, min, max, last, lag"}));
  EXPECT_EQ(mistakes(R"({"input": "s", "values": {"amount": "1 + 1"}})"),
            Texts{"field twice: amount"});
  EXPECT_EQ(mistakes(R"({"input": "s", "values": {"2x": "1 + 1"}})"),
            Texts{"`2x` cannot be a field: letters, digits, `_` and `-`, a letter or `_` first"});
  EXPECT_EQ(mistakes(R"({"input": "s"})"), Texts{"there are neither `aggregates` nor `values`"});
  EXPECT_EQ(mistakes(R"({"input": "s", "key": "crad", "values": {"v": "1"}})"),
            Texts{"no field crad"});
}

TEST(Features, AWindowOfTimeNeedsEventTimes) {
  EXPECT_EQ(bench(R"({"input": "s", "aggregates": {"m": {"mean": "amount", "over": "1h"}}})", false)
                .mistakes(),
            std::vector<std::string>{
                "a window of time needs event times: give the source of `input` a `time:`"});
  EXPECT_TRUE(
      bench(R"({"input": "s", "aggregates": {"m": {"mean": "amount", "over": 100}}})", false).ok());
}

TEST(Features, RefusesAStateOfOtherAggregates) {
  OperatorBench one = bench(R"({"input": "s", "aggregates": {"n": {"count": true}}})");
  one.run({row(1, "a", cell(1))});
  OperatorBench two =
      bench(R"({"input": "s", "aggregates": {"n": {"count": true}, "m": {"mean": "amount"}}})");
  EXPECT_THROW(two.load(one.save()), StateError);
}

}  // namespace
}  // namespace weir
