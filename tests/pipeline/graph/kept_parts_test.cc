#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pipeline/graph/state_parts.h"
#include "tests/harness/changes.h"

// Which parts of the state of a real pipeline a change of its file costs.

namespace weir {
namespace {

using namespace engine_test;
using Texts = std::vector<std::string>;

StateOutline outline_of(const std::string& yaml) {
  return StateOutline::of(*read_pipeline(yaml)->graph);
}

Texts costs(const std::string& before, const std::string& now) {
  return compare_parts(outline_of(before), outline_of(now)).sentences();
}

Texts costs(const std::string& from, const std::string& to, const std::string& in) {
  return costs(in, edited(in, from, to));
}

Texts costs_of(const std::string& from, const std::string& to) {
  return costs(from, to, kDiamond);
}

TEST(KeptParts, WhatAnOperatorIsUsedForCostsNothing) {
  for (const Change& change : harmless_changes())
    EXPECT_EQ(costs(kDiamond, change.yaml), change.costs) << change.name;
}

TEST(KeptParts, AnotherLearningRateCoolsThatModelAloneAndKeepsItsWaitingLabels) {
  EXPECT_EQ(costs_of("initial: 0.05", "initial: 0.06"),
            Texts{"operator fraud, model starts cold: "
                  "steps.logistic_regression.learning_rate.initial is 0.06 (was 0.05)"});
}

TEST(KeptParts, OtherFeaturesCoolTheModelAndKeepItsWaitingLabels) {
  EXPECT_EQ(costs_of("features: [amount, ratio, change, count, abroad, country]",
                     "features: [amount, ratio]"),
            Texts{"operator fraud, model starts cold: features changed"});
}

TEST(KeptParts, AnotherTargetCoolsTheModelAndItsWaitingLabels) {
  const std::string both = edited(kDiamond, "good: boolean,", "good: boolean, bad: boolean,");
  EXPECT_EQ(costs("target: good\n    labels: { input: labels, match: id, wait: 20s",
                  "target: bad\n    labels: { input: labels, match: id, wait: 20s", both),
            (Texts{"operator fraud, model starts cold: target is \"bad\" (was \"good\")",
                   "operator fraud, labels starts cold: label is \"bad\" (was \"good\")"}));
}

TEST(KeptParts, AnAggregateThatChangedIsColdAndWhatIsMadeOfItSaysSo) {
  EXPECT_EQ(
      costs_of("count: { count: true, over: 1m }", "count: { count: true, over: 2m }"),
      (Texts{"operator drift, field count starts cold: the computation of count changed",
             "operator spend, aggregate count starts cold: over is \"2m\" (was \"1m\")",
             "operator fraud: feature count is computed differently now; what the model learned "
             "from the old one stays"}));
}

TEST(KeptParts, AValueThatIsComputedDifferentlyKeepsTheModelAndWarns) {
  EXPECT_EQ(costs_of("ratio: amount / spent", "ratio: amount / (spent + 1)"),
            Texts{"operator fraud: feature ratio is computed differently now; what the model "
                  "learned from the old one stays"});
}

TEST(KeptParts, WhatIsMadeOfWhatChangedHasChangedTooAcrossOperators) {
  const Texts told = costs_of(" amount: number,", " amount: { number: { path: sum } },");
  const auto says = [&](const std::string& text) {
    return std::ranges::find(told, text) != told.end();
  };
  EXPECT_TRUE(says("operator drift, field amount starts cold: the computation of amount changed"));
  EXPECT_TRUE(says("operator spend, aggregate spent starts cold: the computation of amount "
                   "changed"));
  EXPECT_TRUE(says("operator large_spend, aggregate largest starts cold: the computation of "
                   "amount changed"));
  EXPECT_TRUE(says("operator large_fraud: feature share is computed differently now; what the "
                   "model learned from the old one stays"));
  for (const std::string& text : told)
    EXPECT_EQ(text.find("operator spend, aggregate count"), std::string::npos) << text;
}

TEST(KeptParts, AnotherKeyCoolsTheKeysAndAllTheirAggregates) {
  const Texts told = costs_of("key: [card, kind]", "key: [card]");
  ASSERT_EQ(told.size(), 6U) << testing::PrintToString(told);
  EXPECT_TRUE(told[0].starts_with("operator large_spend, keys starts cold: key "));
  EXPECT_TRUE(told[1].starts_with("operator large_spend, aggregate large_1h starts cold: key "));
  EXPECT_TRUE(told[2].starts_with("operator large_spend, aggregate largest starts cold: key "));
  // The features are of other keys now.
  EXPECT_TRUE(told[3].starts_with("operator large_fraud: feature large_1h is computed "));
}

TEST(KeptParts, ADetectorOfOneFieldCoolsAlone) {
  const std::string each = edited(
      kDiamond, "detector: { ks_test: { reference: 60, window: 30, alpha: 0.05 } }",
      "detector: { amount: { ks_test: { reference: 60, window: 30, alpha: 0.05 } },"
      " count: { ks_test: { reference: 60, window: 30, alpha: 0.05 } } }");
  EXPECT_EQ(costs(kDiamond, each), Texts());
  EXPECT_EQ(costs("count: { ks_test: { reference: 60, window: 30,",
                  "count: { ks_test: { reference: 60, window: 40,", each),
            Texts{"operator drift, field count starts cold: ks_test.window is 40 (was 30)"});
}

TEST(KeptParts, WhatDedupeRemembersOutlivesAnotherReachAndLimitButNotAnotherKey) {
  const std::string dedupe = edited(
      edited(kDiamond, "  large: {",
             "  once: { type: dedupe, input: spend, key: id, within: 1h }\n  large: {"),
      "large: { type: filter, input: spend", "large: { type: filter, input: once");
  EXPECT_EQ(costs("within: 1h", "within: 2h, max_keys: 10", dedupe), Texts());
  EXPECT_EQ(costs("within: 1h", "within: 100", dedupe),
            Texts{"operator once, keys starts cold: the unit of `within` is \"rows\" (was "
                  "\"time\")"});
  const Texts told = costs("key: id, within", "key: card, within", dedupe);
  ASSERT_FALSE(told.empty());
  EXPECT_TRUE(told[0].starts_with("operator once, keys starts cold: key is ")) << told[0];
}

TEST(KeptParts, WhatAModelGivesIsKnownByItsNameAlone) {
  for (const std::string& text : costs_of("initial: 0.05", "initial: 0.06"))
    EXPECT_EQ(text.find("loss_drift"), std::string::npos) << text;
}

TEST(KeptParts, AnOperatorOfAnotherTypeUnderTheNameHasNothingInCommon) {
  const Texts told =
      costs_of("large: { type: filter, input: spend, when: amount > 9000 }",
               "large: { type: features, input: spend, aggregates: { all: { count: true } } }");
  EXPECT_NE(std::ranges::find(told, "operator large, aggregate all starts cold: it is new"),
            told.end())
      << testing::PrintToString(told);
}

TEST(KeptParts, EveryPartHasANameOfItsOwnAndTheOrderIsThatOfNames) {
  const auto pipeline = read_pipeline(kDiamond);
  Texts names;
  for (const auto [node, part] : pipeline->graph->parts_by_name())
    names.push_back(part_name(pipeline->graph->nodes[node].name,
                              pipeline->graph->nodes[node].parts[part].state.name));
  EXPECT_EQ(names, (Texts{"drift, field amount",
                          "drift, field count",
                          "fraud, labels",
                          "fraud, model",
                          "large_fraud, labels",
                          "large_fraud, model",
                          "large_spend, aggregate large_1h",
                          "large_spend, aggregate largest",
                          "large_spend, keys",
                          "loss_drift, field loss",
                          "quality",
                          "spend, aggregate abroad",
                          "spend, aggregate count",
                          "spend, aggregate previous",
                          "spend, aggregate spent",
                          "spend, aggregate spread",
                          "spend, keys"}));
}

}  // namespace
}  // namespace weir
