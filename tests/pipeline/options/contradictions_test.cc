// What the conformance suites of components trust: that a contradiction is found.
#include "tests/harness/contradictions.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace weir {
namespace {

using Found = std::vector<std::string>;

template <class T>
Found of(T value, const Rule& rule) {
  return contradictions([&](OptionVisitor& option) { option("it", value, rule); });
}

TEST(Contradictions, AreNoneWhereDefaultsKeepToTheirRules) {
  EXPECT_EQ(of(0.5, {.doc = "d", .min = 0.5, .max = 1}), Found{});
  EXPECT_EQ(of(std::size_t{3}, {.doc = "d", .min = 3}), Found{});
  EXPECT_EQ(of(true, {.doc = "d"}), Found{});
  EXPECT_EQ(of(std::string("up"), {.doc = "d", .choices = "up|down"}), Found{});
  EXPECT_EQ(of(Duration{1000}, {.doc = "d", .min = 1000}), Found{});
  EXPECT_EQ(of(Extent{Extent::Unit::all, 0}, {.doc = "d", .min = 2}), Found{});
  EXPECT_EQ(of(Literal{}, {.doc = "d"}), Found{});
  EXPECT_EQ(of(std::vector<Written>{{"a"}}, {.doc = "d"}), Found{});
}

TEST(Contradictions, LetAnEmptyTextStandForNothing) {
  EXPECT_EQ(of(std::string(), {.doc = "d", .choices = "up|down"}), Found{});
  EXPECT_EQ(of(Written{}, {.doc = "d"}), Found{});
}

TEST(Contradictions, AreDefaultsThatTheRuleRefuses) {
  EXPECT_EQ(of(0.4, {.doc = "d", .min = 0.5, .max = 1}),
            Found{"the default of `it` must be between 0.5 and 1, not `0.4`"});
  EXPECT_EQ(of(std::numeric_limits<double>::infinity(), {.doc = "d"}),
            Found{"the default of `it` must be a number, not nothing"});
  EXPECT_EQ(of(std::size_t{2}, {.doc = "d", .min = 3}),
            Found{"the default of `it` must be at least 3, not `2`"});
  EXPECT_EQ(of(std::string("left"), {.doc = "d", .choices = "up|down"}),
            Found{"the default of `it` must be one of up, down, not `left`"});
  EXPECT_EQ(of(Duration{999}, {.doc = "d", .min = 1000}),
            Found{"the default of `it` must be at least 1s, not `999ms`"});
  EXPECT_EQ(of(Extent{Extent::Unit::rows, 1}, {.doc = "d", .min = 2}),
            Found{"the default of `it` must be at least 2, not `1`"});
}

TEST(Contradictions, AreExamplesThatTheRuleRefuses) {
  EXPECT_EQ(of(std::size_t{3}, {.doc = "d", .example = "5"}), Found{});
  EXPECT_EQ(of(std::size_t{3}, {.doc = "d", .example = "1h"}),
            Found{"the example of `it` must be a whole number, not the duration `1h`"});
}

TEST(Contradictions, AreOptionsAndChoicesWithoutDocumentation) {
  static constexpr std::array<Choice, 1> kChoices = {{{"mean", ""}}};
  EXPECT_EQ(contradictions([](OptionVisitor& option) {
              option.component("with", kChoices, {}, [](const Written&, OptionVisitor&) {});
            }),
            (Found{"`with` has no documentation", "`with.mean` has no documentation"}));
}

TEST(Contradictions, AreFoundInBlocksEntriesAndChoices) {
  double wrong = -1;
  const auto describe = [&](OptionVisitor& inside) {
    inside("it", wrong, {.doc = "d", .min = 0});
  };
  const auto entry = [&](const Written&, OptionVisitor& inside) { describe(inside); };
  static constexpr std::array<Choice, 1> kChoices = {{{"one", "d"}}};
  EXPECT_EQ(contradictions([&](OptionVisitor& option) {
              option.block("block", {.doc = "d"}, describe);
              option.entries("entries", {.doc = "d"}, entry);
              option.components("steps", kChoices, {.doc = "d"}, entry);
            }),
            (Found{"the default of `block.it` must be at least 0, not `-1`",
                   "the default of `entries.it` must be at least 0, not `-1`",
                   "the default of `steps.one.it` must be at least 0, not `-1`"}));
}

}  // namespace
}  // namespace weir
