#include "operators/features/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/operators/features/features_bench.h"

namespace weir {
namespace {

using namespace features_test;

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
  EXPECT_EQ(features.binding().identities,
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
            Texts{"an aggregate needs one of count, sum, mean, std, min, max, last, lag"});
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"mean": "amount", "max": "amount"}}})"),
            Texts{"`max`: an aggregate is one of mean and max, not both"});
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"mean": "amount", "by": 2}}})"),
            Texts{"`by` belongs to `lag`"});
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"lag": "amount", "over": 2}}})"),
            Texts{"`over`: `lag` has no window: it takes `by`"});
  EXPECT_EQ(mistakes(R"({"input": "s", "aggregates": {"m": {"distinct": "country"}}})"),
            Texts{"`distinct` is not available yet"});
  EXPECT_EQ(mistakes(R"({"input": "s", "values": {"amount": "1 + 1"}})"),
            Texts{"field twice: amount"});
  EXPECT_EQ(mistakes(R"({"input": "s", "values": {"2x": "1 + 1"}})"),
            Texts{"`2x` cannot be the name of a field: letters, digits, `_` and `-`, a letter or "
                  "`_` first"});
  EXPECT_EQ(mistakes(R"({"input": "s"})"), Texts{"needs `aggregates` or `values`"});
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
