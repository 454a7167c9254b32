#include "pipeline/options/option_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/read_options.h"

namespace weir {
namespace {

using Mistakes = std::vector<std::string>;

/// Describes an option of most kinds, and keeps what was read.
struct Options {
  double rate = 0.5;
  std::optional<std::size_t> window = {};
  std::string method = "auto";
  std::vector<Written> fields = {};
  double initial = 1;
  std::vector<std::pair<std::string, std::string>> aggregates = {};  // name, field
  std::vector<std::string> steps = {};

  void describe(OptionVisitor& option) {
    option("rate", rate, {.doc = "a number", .min = 0, .max = 1});
    option("window", window, {.doc = "a count", .min = 2});
    option("method", method, {.doc = "a text", .choices = "auto|exact|asymptotic"});
    option("fields", fields, {.doc = "a list", .required = true});
    option.block("learning_rate", {.doc = "a block"}, [this](OptionVisitor& inside) {
      inside("initial", initial, {.doc = "the main option of the block", .min = 0});
    });
    option.entries("aggregates", {.doc = "named blocks"},
                   [this](const Written& name, OptionVisitor& inside) {
                     Written mean;
                     inside("mean", mean, {.doc = "a field", .required = true});
                     aggregates.emplace_back(name.text, mean.text);
                   });
    static constexpr std::array<Choice, 2> kSteps = {
        {{"scaler", "takes no options"}, {"join", "is not there yet", "later"}}};
    option.components("steps", kSteps, {.doc = "a list of components"},
                      [this](const Written& name, OptionVisitor&) { steps.push_back(name.text); });
  }
};

Mistakes read(Options& options, std::string_view text) {
  return read_options(text, [&](OptionVisitor& option) { options.describe(option); });
}

Mistakes mistakes(std::string_view text) {
  Options options;
  return read(options, text);
}

TEST(OptionReader, FillsOptionsOfEveryShapeFromYaml) {
  Options options;
  EXPECT_EQ(read(options, R"(
rate: 0.25
window: 10
method: exact
fields: [a, b]
learning_rate: { initial: 3 }
aggregates:
  spent: { mean: amount }
  paid: amount
steps: [scaler]
)"),
            Mistakes{});
  EXPECT_EQ(options.rate, 0.25);
  EXPECT_EQ(options.window, 10u);
  EXPECT_EQ(options.method, "exact");
  ASSERT_EQ(options.fields.size(), 2u);
  EXPECT_EQ(options.fields[1].text, "b");
  EXPECT_EQ(options.initial, 3);
  EXPECT_EQ(options.aggregates, (std::vector<std::pair<std::string, std::string>>{
                                    {"spent", "amount"}, {"paid", "amount"}}));
  EXPECT_EQ(options.steps, std::vector<std::string>{"scaler"});
}

TEST(OptionReader, ReadsJsonAsTheYamlThatItIs) {
  Options options;
  EXPECT_EQ(read(options, R"({"rate": 1e-4, "fields": "a", "learning_rate": 2})"), Mistakes{});
  EXPECT_EQ(options.rate, 1e-4);
  EXPECT_EQ(options.fields.at(0).text, "a");
  EXPECT_EQ(options.initial, 2);
}

TEST(OptionReader, LeavesDefaultsWhereNothingIsWritten) {
  Options options;
  EXPECT_EQ(read(options, "fields: a"), Mistakes{});
  EXPECT_EQ(options.rate, 0.5);
  EXPECT_EQ(options.window, std::nullopt);
  EXPECT_EQ(options.method, "auto");
}

TEST(OptionReader, ReportsEveryMistakeInTheOrderOfTheFile) {
  EXPECT_EQ(mistakes(R"(
methd: exact
rate: 2
window: many
learning_rate: { intial: 1 }
steps: [scalar, join]
)"),
            (Mistakes{"the component needs `fields`",
                      "unknown key `methd` in the component; did you mean `method`?",
                      "`rate` must be between 0 and 1, not `2`",
                      "`window` must be a whole number, not `many`",
                      "unknown key `intial` in `learning_rate`; did you mean `initial`?",
                      "`steps` has no `scalar`; did you mean `scaler`?",
                      "`join` is not available yet"}));
}

TEST(OptionReader, SaysWhereAMisplacedKeyBelongs) {
  EXPECT_EQ(mistakes("{fields: a, learning_rate: {initial: 1, window: 5}}"),
            Mistakes{"unknown key `window` in `learning_rate`; it belongs one level up, in the "
                     "component"});
  EXPECT_EQ(mistakes("{fields: a, initial: 1, learning_rate: {}}"),
            Mistakes{"unknown key `initial` in the component; it belongs one level down, in "
                     "`learning_rate`"});
}

TEST(OptionReader, ReportsAMistakeOfTheYamlAlone) {
  EXPECT_EQ(mistakes("{fields: a, fields: b}").size(), 1u);
  EXPECT_EQ(mistakes("fields: [a").size(), 1u);
}

TEST(OptionReader, NamesTheComponentThatTakesNoOptions) {
  EXPECT_EQ(read_options("{some: 1}", [](OptionVisitor&) {}, "step `scaler`"),
            Mistakes{"step `scaler` takes no options"});
}

}  // namespace
}  // namespace weir
