#include "pipeline/graph/lineage.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/harness/pipelines.h"

namespace weir {
namespace {

using namespace engine_test;

constexpr std::string_view kOrders = R"(version: 1
pipeline: shop
sources:
  orders:
    type: kafka
    topic: orders
    key: card
    time: ts
    fields:
      { id: text, card: text, amount: number, tip: number, country: text, ts: time, good: boolean }
  labels:
    type: kafka
    topic: labels
    key: card
    time: ts
    fields: { id: text, card: text, amount: number, ts: time }
)";

/// A pipeline's operators, one a line; the last is `model`.
std::string shop(const std::string& operators) {
  return std::string(kOrders) + "operators:\n" + operators +
         "sinks:\n  out: { type: kafka, input: model, topic: out }\n  rest: { type: kafka, input: "
         "labels, topic: rest, fields: [id] }\n";
}

std::string model(const std::string& input, const std::string& features, const std::string& target,
                  const std::string& name = "model") {
  return "  " + name + ": { type: model, input: " + input + ", features: " + features +
         ", target: " + target + ", steps: [impute, linear_regression], as: " + name + " }\n";
}

const std::string kEnd = " of the same row: the score would know the answer\n";

/// Each warning of a leak with its place, a line each; errors too, which no test here wants.
std::string warned(const std::string& operators) {
  const std::string all = said_about(shop(operators));
  std::string lines;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    const std::string line = all.substr(at, end + 1 - at);
    if (line.ends_with(kEnd) || line.find("error: ") != std::string::npos)
      lines += line.substr(10);
    at = end + 1;
  }
  return lines;
}

TEST(Lineage, AFeatureMadeOfTheTargetIsWarnedOfAtItsPlace) {
  const std::string said =
      said_about(shop("  spend: { type: features, input: orders, values: { ratio: amount / tip } "
                      "}\n" +
                      model("spend", "[tip, ratio]", "amount")));
  EXPECT_EQ(said.substr(0, said.find("^\n") + 2),
            "test.yaml:19:55: warning: feature `ratio` is made of the target `amount`" + kEnd +
                "   19 |   model: { type: model, input: spend, features: [tip, ratio], target: "
                "amount, steps: [impute, linear_regression], as: mo...\n"
                "      |                                                       ^\n");
}

TEST(Lineage, NamesTheValuesBetweenAFeatureAndTheTarget) {
  EXPECT_EQ(warned("  spend: { type: features, input: orders, values: { z: b - 1, a: amount + 1, "
                   "b: a * 2 } }\n" +
                   model("spend", "[tip, z]", "amount")),
            "19:55: warning: feature `z` is made of `b`, which is made of `a`, which is made of "
            "the target `amount`" +
                kEnd);
}

TEST(Lineage, GoesThroughOperatorsThatPassFieldsOn) {
  EXPECT_EQ(warned("  spend: { type: features, input: orders, values: { double: amount * 2 } }\n"
                   "  some: { type: filter, input: spend, when: tip > 1 }\n"
                   "  more: { type: features, input: some, values: { four: double * 2 } }\n" +
                   model("more", "[four]", "amount")),
            "21:49: warning: feature `four` is made of `double`, which is made of the target "
            "`amount`" +
                kEnd);
}

TEST(Lineage, AnAggregateOfTheTargetKnowsEarlierRowsOnly) {
  EXPECT_EQ(warned("  spend: { type: features, input: orders, key: card, aggregates: { mean: { "
                   "mean: amount, over: 1d }, before: { last: amount } }, values: { ratio: tip / "
                   "mean, changed: before - mean } }\n" +
                   model("spend", "[mean, before, ratio, changed]", "amount")),
            "");
}

TEST(Lineage, AllFeaturesAreWarnedOfAtTheModel) {
  EXPECT_EQ(warned("  spend: { type: features, input: orders, values: { ratio: amount / tip } }\n" +
                   model("spend", "{ all: true, except: [id, card, country] }", "amount")),
            "19:3: warning: feature `ratio` is made of the target `amount`" + kEnd);
}

TEST(Lineage, ATargetThatComesLaterIsNotOfTheSameRow) {
  const std::string spend =
      "  spend: { type: features, input: orders, values: { double: amount * 2 } }\n";
  const std::string rest =
      ", features: [amount, double], target: amount, labels: { input: labels, match: id, wait: 1h }"
      ", steps: [impute, linear_regression] }\n";
  EXPECT_EQ(warned(spend + "  model: { type: model, input: spend" + rest), "");
  // Nor when the labels are the rows themselves, come again.
  EXPECT_EQ(warned(spend + "  model: { type: model, input: spend, features: [amount, double], "
                           "target: amount, labels: { input: orders, match: id, wait: 1h }, steps: "
                           "[impute, linear_regression] }\n"),
            "");
}

TEST(Lineage, ATargetMadeOfAFeatureIsWarnedOf) {
  const std::string spend =
      "  spend: { type: features, input: orders, values: { whole: amount + 1, twice: whole * 2, "
      "half: amount / 2 } }\n";
  EXPECT_EQ(warned(spend + model("spend", "[amount, tip]", "twice")),
            "19:50: warning: the target `twice` is made of `whole`, which is made of feature "
            "`amount`" +
                kEnd);
  EXPECT_EQ(
      warned(spend + model("spend", "[half]", "twice")),
      "19:50: warning: feature `half` is made of `amount`, and so is the target `twice`" + kEnd);
}

TEST(Lineage, OneOfTwoPartsOfTheTargetTellsLittleBothTellAll) {
  const std::string spend =
      "  spend: { type: features, input: orders, values: { total: amount + tip, large: amount > "
      "100 } }\n";
  EXPECT_EQ(warned(spend + model("spend", "[large]", "total")), "");
  EXPECT_EQ(warned(spend + model("spend", "[tip]", "total")), "");
  EXPECT_EQ(warned(spend + model("spend", "[large, tip]", "total")),
            "19:50: warning: feature `large` is made of `amount`, and so is the target `total`" +
                kEnd + "19:57: warning: the target `total` is made of feature `tip`" + kEnd);
}

TEST(Lineage, AScoreIsMadeOfItsFeatures) {
  EXPECT_EQ(warned(model("orders", "[amount]", "tip", "first") +
                   model("first", "[tip, first_score]", "amount")),
            "19:55: warning: feature `first_score` is made of the target `amount`" + kEnd);
  EXPECT_EQ(warned(model("orders", "[tip]", "amount", "first") +
                   model("first", "[tip, first_score, first_updates]", "amount")),
            "")
      << "it has learned `amount` of earlier rows only";
}

TEST(Lineage, AnOutcomesLossKnowsItsLabel) {
  const std::string first = model("orders", "[tip]", "amount", "first");
  EXPECT_EQ(warned(first + model("first.outcomes", "[first_loss, first_score]", "first_label")),
            "19:59: warning: feature `first_loss` is made of the target `first_label`" + kEnd);
  EXPECT_EQ(warned(first + model("first.outcomes", "[first_error]", "amount")),
            "19:59: warning: feature `first_error` is made of `first_label`, which is made of the "
            "target `amount`" +
                kEnd);
}

}  // namespace
}  // namespace weir
