#include "operators/drift/drift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <random>

#include "monitoring/detectors/options_spec.h"
#include "tests/operators/operator_harness.h"

namespace weir {
namespace {

Schema schema() { return {{{"a", Type::number}, {"flag", Type::boolean}, {"name", Type::text}}}; }

constexpr std::string_view kShift =
    R"({"input": "features", "fields": ["a"],
        "detector": {"mean_shift": {"reference": 200, "window": 50}}})";

OperatorBench bench(std::string_view options) {
  return OperatorBench(make_drift(), options, {{schema(), true, "features"}});
}

InputRow row(std::int64_t time, double a, double flag = 0) {
  return {time, {cell(a), cell(flag), cell("n")}};
}

/// `count` draws around `mean` from row `at` on, one a second.
std::vector<InputRow> draws(std::size_t at, std::size_t count, double mean, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(mean, 1);
  std::vector<InputRow> rows;
  for (std::size_t i = at; i < at + count; ++i)
    rows.push_back(row(static_cast<std::int64_t>(1'000 * i), normal(random)));
  return rows;
}

std::string text(const OperatorBench& drift, const OutputRow& row, std::string_view field) {
  return std::get<std::string>(row.cells.at(*drift.binding().outputs[0].schema.find(field)));
}
double number(const OperatorBench& drift, const OutputRow& row, std::string_view field) {
  const Cell& found = row.cells.at(*drift.binding().outputs[0].schema.find(field));
  return std::holds_alternative<double>(found) ? std::get<double>(found) : kMissing;
}

TEST(DriftOperator, GivesARowWhenAStateChangesWithTheEvidence) {
  OperatorBench drift = bench(kShift);
  ASSERT_TRUE(drift.ok()) << drift.mistakes()[0];
  EXPECT_TRUE(drift.run(draws(0, 1'000, 0, 1))[0].empty());
  const auto rows = drift.run(draws(1'000, 1'000, 4, 2))[0];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(text(drift, rows[0], "state"), "drift");
  EXPECT_EQ(text(drift, rows[0], "detector"), "mean_shift");
  EXPECT_EQ(text(drift, rows[0], "stream"), "features");
  EXPECT_EQ(text(drift, rows[0], "field"), "a");
  EXPECT_GT(number(drift, rows[0], "statistic"), number(drift, rows[0], "threshold"));
  EXPECT_EQ(number(drift, rows[0], "reference_count"), 200);
  EXPECT_EQ(number(drift, rows[0], "window_count"), 50);
  EXPECT_NEAR(number(drift, rows[0], "reference_mean"), 0, 0.3);
  EXPECT_NEAR(number(drift, rows[0], "window_mean"), 4, 0.6);
  EXPECT_EQ(number(drift, rows[0], "window_from"), 1'000'000);
  EXPECT_EQ(number(drift, rows[0], "window_to"), 1'049'000);
  EXPECT_EQ(number(drift, rows[0], "time"), 1'049'000);
  EXPECT_EQ(number(drift, rows[0], "shard"), 0);
  EXPECT_EQ(rows[0].sequence, 1'049u);
  EXPECT_TRUE(text(drift, rows[0], "summary").starts_with("a of features has drifted: mean "))
      << text(drift, rows[0], "summary");
  // The next 200 values are the new reference; the verdict after them says stable.
  EXPECT_EQ(text(drift, rows[1], "state"), "stable");
  EXPECT_EQ(rows[1].sequence, 1'299u);
  EXPECT_EQ(drift.report()["weir_drift_total{a}"], 1);
  EXPECT_EQ(drift.report()["weir_drift_state{a}"], 0);
}

TEST(DriftOperator, HasTheFieldsOfTheLanguageInTheirOrder) {
  const OperatorBench drift = bench(kShift);
  const char* names[] = {"detector",     "stream",         "field",       "state",
                         "statistic",    "threshold",      "p_value",     "reference_count",
                         "window_count", "reference_mean", "window_mean", "window_from",
                         "window_to",    "null_ratio",     "summary",     "time",
                         "shard"};
  const Schema& rows = drift.binding().outputs[0].schema;
  ASSERT_EQ(rows.size(), std::size(names));
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows.fields[i].name, names[i]);
}

TEST(DriftOperator, AfterLetsRowsPassFirst) {
  OperatorBench drift = bench(R"({"input": "f", "fields": ["a"], "after": 500,
                                  "detector": {"mean_shift": {"reference": 200, "window": 50}}})");
  std::vector<InputRow> rows = draws(0, 500, 100, 1);  // a cold start, far away
  for (InputRow& one : draws(500, 500, 0, 2)) rows.push_back(std::move(one));
  EXPECT_TRUE(drift.run(rows)[0].empty());
  EXPECT_EQ(drift.report()["weir_drift_total{a}"], 0);
  EXPECT_FALSE(std::isnan(drift.report()["weir_drift_statistic{a}"]));
}

TEST(DriftOperator, PassesOverMissingValues) {
  OperatorBench plain = bench(kShift), holes = bench(kShift);
  const std::vector<InputRow> rows = draws(0, 600, 0, 1);
  std::vector<InputRow> with_holes;
  for (const InputRow& one : rows) {
    with_holes.push_back(one);
    with_holes.push_back(row(one.time, kMissing));
  }
  plain.run(rows);
  holes.run(with_holes);
  EXPECT_EQ(holes.report()["weir_drift_statistic{a}"], plain.report()["weir_drift_statistic{a}"]);
}

TEST(DriftOperator, PassesOverNumbersTooLargeToSquareAndCountsThem) {
  OperatorBench plain = bench(kShift), spoilt = bench(kShift);
  const std::vector<InputRow> rows = draws(0, 600, 0, 1);
  std::vector<InputRow> with;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    with.push_back(rows[i]);
    if (i % 100 == 50) with.push_back(row(rows[i].time, i % 200 == 50 ? 1.7e308 : -1e151));
  }
  plain.run(rows);
  spoilt.run(with);
  EXPECT_EQ(spoilt.report()["weir_drift_statistic{a}"], plain.report()["weir_drift_statistic{a}"]);
  EXPECT_EQ(spoilt.report()["weir_values_skipped_total"], 6);
}

TEST(DriftOperator, GivesEachFieldItsOwnDetector) {
  OperatorBench drift = bench(
      R"({"input": "f", "fields": ["a", "flag"],
          "detector": {"a": {"ks_test": {"reference": 300, "window": 100}},
                       "flag": {"mean_shift": {"reference": 100, "window": 20}}}})");
  ASSERT_TRUE(drift.ok()) << drift.mistakes()[0];
  std::vector<InputRow> rows = draws(0, 500, 0, 1);
  for (InputRow& one : draws(500, 500, 5, 2)) {
    one.cells[1] = cell(1.0);
    rows.push_back(std::move(one));
  }
  const auto events = drift.run(rows)[0];
  ASSERT_GE(events.size(), 2u);
  EXPECT_EQ(text(drift, events[0], "detector"), "mean_shift");
  EXPECT_EQ(text(drift, events[0], "field"), "flag");
  EXPECT_EQ(number(drift, events[0], "statistic"), 1e300);  // a constant has moved: infinite
  EXPECT_EQ(text(drift, events[0], "summary"),
            "flag of features has drifted: mean 1 in the last 20 values against 0 in 100 before "
            "(mean_shift infinite, threshold 5, p 0)");
  EXPECT_EQ(text(drift, events[1], "detector"), "ks_test");
  EXPECT_EQ(text(drift, events[1], "field"), "a");
  EXPECT_LT(number(drift, events[1], "p_value"), 1e-6);
}

TEST(DriftOperator, GivesTheSameBitsWhereverStepsAreCutAndStatesAreLoaded) {
  std::vector<InputRow> rows = draws(0, 1'500, 0, 1);
  for (InputRow& one : draws(1'500, 1'500, 1, 2)) rows.push_back(std::move(one));
  const std::vector<InputRow> first(rows.begin(), rows.begin() + 1'777);
  const std::vector<InputRow> second(rows.begin() + 1'777, rows.end());
  constexpr std::string_view kOptions =
      R"({"input": "f", "fields": ["a"], "after": 3,
          "detector": {"ks_test": {"reference": 300, "window": 100}}})";
  OperatorBench whole = bench(kOptions);
  const auto expected = whole.run(rows)[0];
  EXPECT_FALSE(expected.empty());
  for (std::size_t batch_rows : {1, 7}) {
    OperatorBench cut = bench(kOptions);
    auto found = cut.run(first, batch_rows)[0];
    cut.load(cut.save());
    const auto rest = cut.run(second, batch_rows)[0];
    found.insert(found.end(), rest.begin(), rest.end());
    EXPECT_EQ(found, expected);
    EXPECT_EQ(cut.state_hash(), whole.state_hash());
  }
}

/// The least that watches texts: the share of a window's texts that a reference did not have.
class NewTexts final : public DriftDetector {
 public:
  struct Options {
    std::size_t reference = 6;
    std::size_t window = 4;

    void describe(OptionVisitor& option) {
      option("reference", reference, {.doc = "texts that are known", .min = 1});
      option("window", window, {.doc = "texts in a window", .min = 1});
    }
  };

  explicit NewTexts(const Options& options) : options_(options) {}

  Verdict update(const Observation& observed) override {
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    const std::string text(observed.text());
    if (known_.size() < options_.reference) {
      known_.push_back(text);
      return {};
    }
    new_ += std::ranges::find(known_, text) == known_.end();
    if (++seen_ < options_.window) return {};
    const double share = static_cast<double>(new_) / static_cast<double>(seen_);
    const Verdict verdict{.tested = true,
                          .drift = share > 0.5 ? Drift::drift : Drift::stable,
                          .statistic = share,
                          .threshold = 0.5,
                          .reference = {known_.size(), kNaN},
                          .current = {seen_, kNaN}};
    seen_ = new_ = 0;
    if (verdict.drift == Drift::drift) known_.clear();
    return verdict;
  }

  void state(StateVisitor& visit) override { visit(known_, seen_, new_); }

 private:
  Options options_;
  std::vector<std::string> known_;
  std::uint64_t seen_ = 0;
  std::uint64_t new_ = 0;
};

std::unique_ptr<DetectorSpec> make_new_texts() { return std::make_unique<OptionsSpec<NewTexts>>(); }

/// The detectors there are, and one that takes texts.
std::span<const DetectorType> with_new_texts() {
  static const std::vector<DetectorType> types = [] {
    static constexpr std::array kTexts = {Type::text};
    std::vector<DetectorType> made(detector_types().begin(), detector_types().end());
    made.push_back({"new_texts", "share of texts not seen before", "", 1, kTexts, make_new_texts});
    return made;
  }();
  return types;
}

OperatorBench text_bench(std::string_view options) {
  return OperatorBench(make_drift(with_new_texts()), options, {{schema(), true, "cards"}});
}

/// Rows of these texts from row `at` on, one a second; an empty one is missing.
std::vector<InputRow> texts(std::size_t at, const std::vector<std::string>& names) {
  std::vector<InputRow> rows;
  for (const std::string& name : names) {
    InputRow made = row(static_cast<std::int64_t>(1'000 * (at + rows.size())), 0);
    made.cells[2] = name.empty() ? missing() : cell(name);
    rows.push_back(std::move(made));
  }
  return rows;
}

constexpr std::string_view kTextOptions =
    R"({"input": "cards", "fields": ["name"], "detector": "new_texts"})";

TEST(DriftOperator, GivesTextsToADetectorThatTakesThem) {
  OperatorBench drift = text_bench(kTextOptions);
  ASSERT_TRUE(drift.ok()) << drift.mistakes()[0];
  // The missing one is passed over; of the last window three are new.
  const auto rows = drift.run(texts(0, {"a", "b", "", "a", "b", "a", "b", "a", "a", "b", "b",  //
                                        "c", "a", "d", "c"}))[0];
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].sequence, 14u);
  EXPECT_EQ(text(drift, rows[0], "state"), "drift");
  EXPECT_EQ(text(drift, rows[0], "detector"), "new_texts");
  EXPECT_EQ(text(drift, rows[0], "field"), "name");
  EXPECT_EQ(number(drift, rows[0], "statistic"), 0.75);
  EXPECT_EQ(number(drift, rows[0], "reference_count"), 6);
  EXPECT_EQ(number(drift, rows[0], "window_count"), 4);
  EXPECT_TRUE(is_missing(number(drift, rows[0], "reference_mean")));
  EXPECT_TRUE(is_missing(number(drift, rows[0], "window_mean")));
  EXPECT_EQ(number(drift, rows[0], "window_from"), 11'000);
  EXPECT_EQ(text(drift, rows[0], "summary"),
            "name of cards has drifted: the last 4 values against 6 before (new_texts 0.75, "
            "threshold 0.5)");
}

TEST(DriftOperator, WatchesNumbersAndTextsSideBySide) {
  OperatorBench drift = text_bench(
      R"({"input": "cards", "fields": ["a", "name"],
          "detector": {"a": {"mean_shift": {"reference": 6, "window": 4}}, "name": "new_texts"}})");
  ASSERT_TRUE(drift.ok()) << drift.mistakes()[0];
  std::vector<InputRow> rows = texts(0, {"a", "b", "a", "b", "a", "b", "c", "c", "c", "c"});
  for (std::size_t i = 6; i < rows.size(); ++i) rows[i].cells[0] = cell(1.0);
  const auto events = drift.run(rows)[0];
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(text(drift, events[0], "detector"), "mean_shift");
  EXPECT_EQ(text(drift, events[1], "detector"), "new_texts");
}

TEST(DriftOperator, GivesTheSameBitsOfTextsWhereverStepsAreCutAndStatesAreLoaded) {
  std::mt19937_64 random(3);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 400; ++i) names.push_back(std::to_string(random() % 4 + i / 50));
  const std::vector<InputRow> rows = texts(0, names);
  OperatorBench whole = text_bench(kTextOptions);
  const auto expected = whole.run(rows)[0];
  EXPECT_GT(expected.size(), 3u);
  for (const std::size_t cut_at : {3, 8, 201, 202, 203, 204}) {  // in a reference, in a window
    OperatorBench cut = text_bench(kTextOptions);
    auto found = cut.run({rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(cut_at)}, 7)[0];
    cut.load(cut.save());
    const auto rest = cut.run({rows.begin() + static_cast<std::ptrdiff_t>(cut_at), rows.end()}, 7);
    found.insert(found.end(), rest[0].begin(), rest[0].end());
    EXPECT_EQ(found, expected) << cut_at;
    EXPECT_EQ(cut.state_hash(), whole.state_hash()) << cut_at;
  }
}

TEST(DriftOperator, NamesTheTypesThatADetectorTakes) {
  using Mistakes = std::vector<std::string>;
  EXPECT_EQ(text_bench(R"({"input": "f", "fields": ["a"], "detector": "new_texts"})").mistakes(),
            Mistakes{"`new_texts` watches texts, but `a` is a number"});
  EXPECT_EQ(text_bench(R"({"input": "f", "fields": ["name"], "detector": "ks_test"})").mistakes(),
            Mistakes{"`ks_test` watches numbers and booleans, but `name` is a text"});
}

TEST(DriftOperator, ReportsMistakes) {
  using Mistakes = std::vector<std::string>;
  EXPECT_EQ(bench(R"({"input": "f", "fields": ["name"], "detector": "ks_test"})").mistakes(),
            Mistakes{"`ks_test` watches numbers and booleans, but `name` is a text"});
  EXPECT_EQ(bench(R"({"input": "f", "fields": ["a", "a"], "detector": "ks_test"})").mistakes(),
            Mistakes{"the field `a` is listed twice"});
  EXPECT_EQ(bench(R"({"input": "f", "fields": ["a"], "detector": {"b": "ks_test"}})").mistakes(),
            (Mistakes{"`b` is not one of `fields`", "the field `a` has no detector"}));
  EXPECT_EQ(bench(R"({"input": "f", "fields": ["a"]})").mistakes(),
            Mistakes{"operator `under_test` needs `detector`"});
  EXPECT_EQ(bench(R"({"input": "f", "fields": ["nope"], "detector": "ks_test"})").mistakes(),
            Mistakes{"no field nope"});
}

std::string saved(OperatorBench& from, std::size_t part) {
  std::string bytes;
  StateWriter writer(bytes);
  from.running().state(writer, part);
  return bytes;
}

constexpr std::string_view kBoth =
    R"({"input": "features", "fields": ["a", "flag"],
        "detector": {"mean_shift": {"reference": 200, "window": 50}}})";

TEST(DriftOperator, AFieldsDetectorIsAPartOfTheStateByItself) {
  OperatorBench both = bench(kBoth), alone = bench(kShift);
  both.run(draws(0, 400, 0, 1));
  alone.run(draws(0, 400, 0, 1));
  EXPECT_EQ(saved(both, 0), saved(alone, 0));
  OperatorBench taken = bench(kBoth);  // its `flag` starts cold
  const std::string bytes = saved(alone, 0);
  StateReader reader(bytes);
  taken.running().state(reader, 0);
  both.run(draws(400, 400, 4, 2));
  taken.run(draws(400, 400, 4, 2));
  EXPECT_EQ(saved(taken, 0), saved(both, 0));
  EXPECT_NE(saved(taken, 1), saved(both, 1));
}

TEST(DriftOperator, AfterDoesNotStopADetectorThatHasSeenAsManyRows) {
  OperatorBench before = bench(kShift);
  before.run(draws(0, 400, 0, 1));
  std::string options(kShift);
  options.insert(options.rfind('}'), R"(, "after": 300)");
  OperatorBench after = bench(options);
  after.load(before.save());
  before.run(draws(400, 400, 4, 2));
  after.run(draws(400, 400, 4, 2));
  EXPECT_EQ(after.save(), before.save());
}

}  // namespace
}  // namespace weir
