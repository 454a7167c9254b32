#include "operators/dedupe.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

Schema schema() { return {{{"id", Type::text}, {"shop", Type::number}, {"note", Type::text}}}; }

OperatorBench bench(std::string_view options, bool timed = true) {
  return {make_dedupe(), options, {{schema(), timed, "events"}}};
}

constexpr std::string_view kTenSeconds = R"({"input": "events", "key": "id", "within": "10s"})";

InputRow row(std::int64_t time, std::string_view id, double shop = 1) {
  return {time, {cell(id), cell(shop), cell("note at " + std::to_string(time))}};
}
InputRow tick(std::int64_t time) { return {time, {}, InputRow::kTick}; }

/// The positions of the rows that pass.
std::vector<std::size_t> passed(OperatorBench& dedupe, const std::vector<InputRow>& rows,
                                std::size_t batch_rows = 4096) {
  std::vector<std::size_t> positions;
  for (const OutputRow& one : dedupe.main_rows(rows, batch_rows)) positions.push_back(one.sequence);
  return positions;
}

using Positions = std::vector<std::size_t>;

TEST(Dedupe, PassesTheFirstRowOfEachKeyWithAllItsFields) {
  OperatorBench dedupe = bench(kTenSeconds);
  ASSERT_TRUE(dedupe.ok()) << dedupe.mistakes()[0];
  const std::vector<InputRow> rows = {row(0, "a"), row(1, "b"), row(2, "a"), row(3, "c")};
  const std::vector<OutputRow> out = dedupe.main_rows(rows);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[0], (OutputRow{0, rows[0].cells}));
  EXPECT_EQ(out[1], (OutputRow{1, rows[1].cells}));
  EXPECT_EQ(out[2], (OutputRow{3, rows[3].cells}));
  EXPECT_EQ(dedupe.binding().outputs[0].schema, schema());
}

TEST(Dedupe, PassesTheNextRowOfAKeyOnceWithinIsOver) {
  OperatorBench dedupe = bench(kTenSeconds);
  EXPECT_EQ(passed(dedupe, {row(0, "a"), row(10'000, "a"), row(10'001, "a"), row(20'001, "a"),
                            row(20'002, "a")}),
            (Positions{0, 2, 4}));
}

TEST(Dedupe, TellsLongKeysApartInAStateOfFewBytes) {
  for (const char* key : {R"("id")", R"(["id", "shop"])", R"(["shop", "id"])"}) {
    OperatorBench dedupe =
        bench(R"({"input": "events", "within": "10s", "key": )" + std::string(key) + "}");
    std::vector<InputRow> rows;
    for (int i = 0; i < 20; ++i)  // each twice
      rows.push_back(row(i, std::string(100'000, 'x') + std::to_string(i % 10)));
    EXPECT_EQ(passed(dedupe, rows).size(), 10u) << key;
    EXPECT_LT(dedupe.save().size(), 2'000u) << key;
  }
}

TEST(Dedupe, ARowThatDoesNotPassStartsNoNewWait) {
  OperatorBench dedupe = bench(kTenSeconds);
  EXPECT_EQ(passed(dedupe, {row(0, "a"), row(9'000, "a"), row(11'000, "a")}), (Positions{0, 2}));
}

TEST(Dedupe, ALateRowObeysTheSameRuleBeforeAndAfterRowsThatPassed) {
  OperatorBench dedupe = bench(kTenSeconds);
  EXPECT_EQ(passed(dedupe,
                   {
                       row(100'000, "a"),
                       row(95'000, "a"),  // late, within 10 s before
                       row(80'000, "a"),  // late, a row of its own
                       row(80'000, "a"),  // twice
                       row(71'000, "a"),  // within 10 s before the late one
                       row(90'001, "a"),  // more than 10 s after the late one, but 9,999 ms before
                       row(105'000, "a"), row(110'001, "a"),
                   }),
            (Positions{0, 2, 7}));
}

TEST(Dedupe, FindsADuplicateHoweverLateItComes) {
  OperatorBench dedupe = bench(kTenSeconds);
  EXPECT_EQ(passed(dedupe, {row(0, "a"), row(1'000'000'000, "b"), row(1'000, "a"), row(0, "b")}),
            (Positions{0, 1, 3}));
}

TEST(Dedupe, WithinRowsCountsAllRowsOfTheInput) {
  OperatorBench dedupe = bench(R"({"input": "events", "key": "id", "within": 3})");
  EXPECT_EQ(passed(dedupe, {row(0, "a"), row(0, "b"), row(0, "c"), row(0, "a"),  // the third after
                            row(0, "a"),                                         // the fourth
                            row(0, "b"), row(0, "x"), row(0, "x"), row(0, "a"), row(0, "x")}),
            (Positions{0, 1, 2, 4, 5, 6, 8}));
}

TEST(Dedupe, WithinRowsNeedsNoEventTimesAndForgetsKeysThatAreOver) {
  OperatorBench dedupe = bench(R"({"input": "events", "key": "id", "within": 100})", false);
  ASSERT_TRUE(dedupe.ok()) << dedupe.mistakes()[0];
  std::vector<InputRow> rows;
  for (int i = 0; i < 5'000; ++i) rows.push_back(row(0, "id" + std::to_string(i)));
  EXPECT_EQ(passed(dedupe, rows).size(), 5'000u);
  EXPECT_LE(dedupe.report()["weir_keys"], 101);
  EXPECT_EQ(dedupe.report()["weir_evictions_total"], 0);
}

TEST(Dedupe, AKeyMayBeSeveralFields) {
  OperatorBench dedupe = bench(R"({"input": "events", "key": ["id", "shop"], "within": "1d"})");
  EXPECT_EQ(passed(dedupe, {row(0, "a", 1), row(1, "a", 2), row(2, "b", 1), row(3, "a", 2)}),
            (Positions{0, 1, 2}));
  using Fields = std::vector<std::pair<std::size_t, std::size_t>>;
  EXPECT_EQ(dedupe.binding().identities, (Fields{{0, 0}, {0, 1}}));
  EXPECT_EQ(dedupe.spec().key().size(), 2u);
}

TEST(Dedupe, ARowWithoutKeyPassesAndLeavesNothingBehind) {
  OperatorBench dedupe = bench(R"({"input": "events", "key": ["id", "shop"], "within": "1d"})");
  InputRow nameless = row(0, "a");
  nameless.cells[0] = missing();
  EXPECT_EQ(passed(dedupe, {nameless, nameless, row(1, "a")}), (Positions{0, 1, 2}));
  EXPECT_EQ(dedupe.report()["weir_operator_rows_total{no_key}"], 2);
  EXPECT_EQ(dedupe.report()["weir_keys"], 1);
}

TEST(Dedupe, AtMaxKeysTheLeastRecentlySeenMakesRoom) {
  OperatorBench dedupe =
      bench(R"({"input": "events", "key": "id", "within": "1d", "max_keys": 2})");
  EXPECT_EQ(passed(dedupe, {row(0, "a"), row(1, "b"), row(2, "a"), row(3, "c"), row(4, "a"),
                            row(5, "b")}),
            (Positions{0, 1, 3, 5}));
  EXPECT_EQ(dedupe.report()["weir_evictions_total"], 2);
  EXPECT_EQ(dedupe.report()["weir_keys"], 2);
}

TEST(Dedupe, CountsWhatItPassedAndDropped) {
  OperatorBench dedupe = bench(kTenSeconds);
  passed(dedupe, {row(0, "a"), row(1, "a"), row(2, "b"), row(3, "a")});
  EXPECT_EQ(dedupe.report()["weir_operator_rows_total{passed}"], 2);
  EXPECT_EQ(dedupe.report()["weir_operator_rows_total{dropped}"], 2);
}

TEST(Dedupe, ARowThatTimeMadeHasTheTimeOfItsPosition) {
  OperatorBench dedupe = bench(kTenSeconds);
  InputRow made = row(12'000, "a");
  made.at_tick = true;
  EXPECT_EQ(passed(dedupe, {row(0, "a"), made, row(13'000, "a")}), (Positions{0, 1}));
}

TEST(Dedupe, PassesAStepWithoutRows) {
  OperatorBench dedupe = bench(kTenSeconds);
  EXPECT_TRUE(passed(dedupe, {tick(5), tick(9)}).empty());
}

TEST(Dedupe, LeavesColumnsThatNobodyReadsNull) {
  OperatorBench dedupe = bench(kTenSeconds);
  dedupe.unread(0, "note");
  dedupe.restart();
  const std::vector<OutputRow> out = dedupe.main_rows({row(0, "a"), row(1, "a"), row(2, "b")});
  ASSERT_EQ(out.size(), 2u);
  for (const OutputRow& one : out) EXPECT_EQ(one.cells[2], missing());
}

/// Rows of few keys whose times go forward, and far back now and then.
std::vector<InputRow> stream(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<InputRow> rows;
  std::int64_t now = 0;
  for (std::size_t i = 0; i < count; ++i) {
    now += static_cast<std::int64_t>(random() % 3'000);
    const std::int64_t back = random() % 5 == 0 ? static_cast<std::int64_t>(random() % 60'000) : 0;
    rows.push_back(row(now - back, "id" + std::to_string(random() % 20),
                       static_cast<double>(random() % 2)));
    if (random() % 50 == 0) rows.back().cells[0] = missing();
    if (random() % 40 == 0) rows.push_back(tick(now));
  }
  return rows;
}

/// Runs `first` and then `second` with a restart in between.
std::pair<std::vector<OutputRow>, std::uint64_t> with_restart(std::string_view options,
                                                              const std::vector<InputRow>& first,
                                                              const std::vector<InputRow>& second,
                                                              std::size_t batch_rows) {
  OperatorBench cut = bench(options);
  std::vector<OutputRow> out = cut.main_rows(first, batch_rows, 5'000);
  cut.load(cut.save());
  for (OutputRow& one : cut.main_rows(second, batch_rows, 5'000)) out.push_back(std::move(one));
  return {std::move(out), cut.state_hash()};
}

TEST(Dedupe, GivesTheSameBitsWhereverStepsAreCutAndStatesAreLoaded) {
  const std::vector<InputRow> rows = stream(3'000, 5);
  const std::vector<InputRow> first(rows.begin(), rows.begin() + 1'501);
  const std::vector<InputRow> second(rows.begin() + 1'501, rows.end());
  for (const std::string_view options :
       {R"({"input": "events", "key": "id", "within": "10s"})",
        R"({"input": "events", "key": ["id", "shop"], "within": "1s", "max_keys": 7})",
        R"({"input": "events", "key": "id", "within": 25})",
        R"({"input": "events", "key": "id", "within": 25, "max_keys": 5})"}) {
    OperatorBench whole = bench(options);
    const std::vector<OutputRow> expected = whole.main_rows(rows, 4096, 5'000);
    EXPECT_GT(expected.size(), 100u) << options;
    EXPECT_LT(expected.size(), rows.size()) << options;
    for (const std::size_t batch_rows : {1, 7, 4096}) {
      const auto [out, hash] = with_restart(options, first, second, batch_rows);
      EXPECT_EQ(out, expected) << options << " " << batch_rows;
      EXPECT_EQ(hash, whole.state_hash()) << options << " " << batch_rows;
    }
  }
}

TEST(Dedupe, AgreesWithItsDefinitionAsLongAsNothingIsForgotten) {
  const std::vector<InputRow> rows = stream(3'000, 6);
  for (const std::int64_t within : {1'000, 10'000, 200'000}) {
    OperatorBench dedupe = bench(R"({"input": "events", "key": "id", "within": ")" +
                                 std::to_string(within / 1'000) + R"(s"})");
    Positions expected;
    std::map<std::string, std::set<std::int64_t>> points;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].port == InputRow::kTick) continue;
      const auto* id = std::get_if<std::string>(&rows[i].cells[0]);
      // Sixteen stretches go further back than any row here comes late.
      std::set<std::int64_t>* of_key = id ? &points[*id] : nullptr;
      if (of_key) {
        const auto near = of_key->lower_bound(rows[i].time - within);
        if (near != of_key->end() && *near <= rows[i].time + within) continue;
        of_key->insert(rows[i].time);
      }
      expected.push_back(i);
    }
    EXPECT_EQ(passed(dedupe, rows), expected) << within;
  }
}

// A source's record with such a key is refused; a computed one may come.
TEST(Dedupe, ANumberOf2To53IsNoKeySinceItsNeighboursAreTheSame) {
  OperatorBench dedupe = bench(R"({"input": "events", "key": "shop", "within": "10s"})");
  const double first = 0x1p53;
  EXPECT_EQ(passed(dedupe, {row(0, "a", first), row(1, "a", first), row(2, "a", -first),
                            row(3, "a", first - 1), row(4, "a", first - 1)}),
            (Positions{0, 1, 2, 3}));
  EXPECT_EQ(dedupe.report()["weir_operator_rows_total{no_key}"], 3);
}

TEST(Dedupe, RemembersABoundedNumberOfTimesOfAKey) {
  OperatorBench dedupe = bench(kTenSeconds);
  std::vector<InputRow> apart, dense;
  for (std::int64_t i = 0; i < 1'000; ++i) apart.push_back(row(i * 1'000'000, "a"));
  EXPECT_EQ(passed(dedupe, apart).size(), apart.size());
  EXPECT_LT(dedupe.save().size(), 400u);
  EXPECT_EQ(passed(dedupe, {row(999 * 1'000'000, "a"), row(984 * 1'000'000, "a")}), Positions{})
      << "the sixteen newest";
  EXPECT_EQ(passed(dedupe, {row(100 * 1'000'000, "a")}).size(), 1u) << "forgotten long ago";

  OperatorBench other = bench(kTenSeconds);
  for (std::int64_t i = 0; i < 10'000; ++i) dense.push_back(row(i * 500, "a"));
  EXPECT_EQ(passed(other, dense).size(), 477u);
  EXPECT_LT(other.save().size(), 100u) << "times without a gap are one stretch";
  EXPECT_EQ(passed(other, {row(0, "a"), row(2'500'250, "a")}), Positions{});
}

TEST(Dedupe, RefusesAStateThatIsBroken) {
  OperatorBench dedupe = bench(kTenSeconds);
  passed(dedupe, {row(0, "a"), row(100'000, "a"), row(5, "b")});
  const std::string state = dedupe.save();
  for (std::size_t size = 0; size < state.size(); ++size) {
    StateReader reader(std::string_view(state).substr(0, size));
    EXPECT_THROW(dedupe.running().state(reader, 0), StateError) << size;
  }
  std::string turned = state;  // the last two numbers are where the last stretch begins and ends
  turned[turned.size() - 16] = 9;
  StateReader reader(turned);
  EXPECT_THROW(dedupe.running().state(reader, 0), StateError);
}

TEST(Dedupe, ReportsMistakes) {
  using Mistakes = std::vector<std::string>;
  EXPECT_EQ(bench(R"({"input": "events", "key": "id"})").mistakes(),
            Mistakes{"operator `under_test` needs `within`"});
  EXPECT_EQ(bench(R"({"input": "events", "within": "1s"})").mistakes(),
            Mistakes{"operator `under_test` needs `key`"});
  EXPECT_EQ(bench(R"({"input": "events", "key": "id", "within": "all"})").mistakes(),
            Mistakes{"`within` must be a number of rows (1000) or a duration (1h), not `all`"});
  EXPECT_EQ(bench(R"({"input": "events", "key": "id", "within": 0})").mistakes(),
            Mistakes{"`within` must be at least 1, not `0`"});
  EXPECT_EQ(bench(R"({"input": "events", "key": "nope", "within": 5})").mistakes(),
            Mistakes{"no field nope"});
  EXPECT_EQ(bench(R"({"input": "events", "key": ["id", "id"], "within": 5})").mistakes(),
            Mistakes{"`id` is listed twice in the key"});
  EXPECT_EQ(bench(kTenSeconds, false).mistakes(),
            Mistakes{"`within` a time needs event times: give the source of `events` a `time:`"});
}

}  // namespace
}  // namespace weir
