#include "pipeline/graph/state_parts.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

using Fact = StatePart::Fact;

Node::Part part(std::string name, std::vector<Fact> depends, std::vector<Fact> made_with = {}) {
  std::uint64_t sum = 0;
  for (const Fact& fact : depends)
    for (const char c : fact.what + '=' + fact.is) sum = sum * 31 + static_cast<unsigned char>(c);
  return {{std::move(name), std::move(depends), std::move(made_with)}, sum};
}

StateOutline outline(std::vector<StateOutline::Of> operators) { return {std::move(operators)}; }

using Texts = std::vector<std::string>;

TEST(ComparedParts, WhatDependsOnTheSameIsKeptAndNothingIsSaidOfIt) {
  const StateOutline one = outline({{"fraud", {part("model", {{"steps", "[1]"}})}}});
  const StateChange change = compare_parts(one, one);
  EXPECT_EQ(change.sentences(), Texts());
  EXPECT_EQ(change.kept, 1U);
  EXPECT_EQ(change.parts, 1U);
}

TEST(ComparedParts, APartStartsColdForTheOptionThatChangedNotForTheOthers) {
  const StateOutline before = outline(
      {{"fraud",
        {part("labels", {{"match", R"("id")"}}),
         part("model", {{"steps", R"([{"scaler":{}},{"linear":{"rate":0.1,"l2":0}}])"}})}}});
  const StateOutline now = outline(
      {{"fraud",
        {part("labels", {{"match", R"("id")"}}),
         part("model", {{"steps", R"([{"scaler":{}},{"linear":{"rate":0.2,"l2":0}}])"}})}}});
  const StateChange change = compare_parts(before, now);
  EXPECT_EQ(change.sentences(),
            Texts{"operator fraud, model starts cold: steps.linear.rate is 0.2 (was 0.1)"});
  EXPECT_EQ(change.kept, 1U);
}

TEST(ComparedParts, NewAndVanishedPartsAndOperatorsAreNamed) {
  const StateOutline before = outline({{"old", {part("state", {{"a", "1"}})}},
                                       {"spend",
                                        {part("keys", {{"key", "x"}}),
                                         part("aggregate a", {{"over", "1"}})}}});
  const StateOutline now = outline({{"fresh", {part("state", {{"a", "1"}})}},
                                    {"spend",
                                     {part("keys", {{"key", "x"}}),
                                      part("aggregate b", {{"over", "1"}})}},
                                    {"stateless", {}}});
  EXPECT_EQ(compare_parts(before, now).sentences(),
            (Texts{"operator fresh starts cold: it is new",
                   "operator spend, aggregate b starts cold: it is new",
                   "operator spend, aggregate a is gone, and what it kept with it",
                   "operator old is gone, and what it kept with it"}));
}

TEST(ComparedParts, AnOperatorThatIsResetStartsColdAsAWhole) {
  const StateOutline one = outline(
      {{"fraud", {part("labels", {{"match", "1"}}), part("model", {{"steps", "1"}})}}});
  const Texts reset = {"fraud"};
  const StateChange change = compare_parts(one, one, reset);
  EXPECT_EQ(change.sentences(), Texts{"operator fraud starts cold: --reset-state names it"});
  EXPECT_EQ(change.kept, 0U);
}

TEST(ComparedParts, AnotherDefinitionOfWhatAPartWasMadeWithKeepsItAndWarns) {
  const StateOutline before =
      outline({{"fraud", {part("model", {{"steps", "1"}}, {{"feature size", "log(amount)"}})}}});
  const StateOutline now =
      outline({{"fraud", {part("model", {{"steps", "1"}}, {{"feature size", "sqrt(amount)"}})}}});
  const StateChange change = compare_parts(before, now);
  EXPECT_EQ(change.sentences(),
            Texts{"operator fraud: feature size is computed differently now; what the model "
                  "learned from the old one stays"});
  EXPECT_EQ(change.kept, 1U);
}

TEST(ComparedParts, ALongValueIsNotPrinted) {
  const std::string one(50, 'a'), other(50, 'b');
  EXPECT_EQ(compare_parts(outline({{"x", {part("state", {{"when", one}})}}}),
                          outline({{"x", {part("state", {{"when", other}})}}}))
                .sentences(),
            Texts{"operator x starts cold: when changed"});
}

}  // namespace
}  // namespace weir
