// A number that says whose row it is (`key`, `match`): what `weir check` says, and what is marked.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/harness/pipelines.h"

namespace weir {
namespace {

using namespace engine_test;

/// Two sources whose `id` is of a type, and what reads them.
std::string shop(const std::string& type, const std::string& rest,
                 const std::string& source_options = "") {
  return R"(version: 1
pipeline: shop
sources:
  orders: { type: kafka, topic: orders, time: ts, )" +
         source_options + "fields: { id: " + type + R"(, card: text, amount: number, ts: time } }
  returns: { type: kafka, topic: returns, time: ts, fields: { order: )" +
         type + R"(, returned: boolean, ts: time } }
)" + rest;
}

std::string operators(const std::string& lines) {
  return "operators:\n" + lines +
         "sinks:\n  out: { type: kafka, input: last, topic: out }\n"
         "  rest: { type: kafka, input: returns, topic: rest, fields: [returned] }\n";
}

/// The warnings, a line each, without file and line.
std::vector<std::string> warnings(const std::string& yaml) {
  const std::string said = said_about(yaml);
  EXPECT_EQ(said.find("error:"), std::string::npos) << said;
  std::vector<std::string> found;
  for (std::size_t at = said.find("warning: "); at != std::string::npos;
       at = said.find("warning: ", at + 1))
    found.push_back(said.substr(at + 9, said.find('\n', at) - at - 9));
  return found;
}

std::string of(const std::string& field, const std::string& source) {
  return "`" + field + "` of source `" + source +
         "` is a number, and says here whose row it is: a number holds whole values exactly only "
         "up to 2^53, so declare it `text`";
}

using Warnings = std::vector<std::string>;

const std::string kKeyed =
    "  last: { type: features, input: orders, key: [card, id], aggregates: { n: { count: true } } "
    "}\n";
const std::string kDedupe = "  last: { type: dedupe, input: orders, key: id, within: 1h }\n";
const std::string kLabels = R"(  last:
    type: model
    input: orders
    features: [amount]
    target: returned
    labels: { input: returns, match: { id: order }, wait: 1d }
    steps: [standard_scaler, logistic_regression]
)";
const std::string kFiltered =
    "  some: { type: filter, input: orders, when: amount > 1 }\n"
    "  last: { type: dedupe, input: some, key: id, within: 1h }\n";

TEST(Identities, ANumberAsAKeyOfAnOperatorIsWarnedOf) {
  for (const std::string& lines : {kKeyed, kDedupe, kFiltered}) {
    EXPECT_EQ(warnings(shop("number", operators(lines))), Warnings{of("id", "orders")}) << lines;
    EXPECT_EQ(warnings(shop("text", operators(lines))), Warnings{}) << lines;
  }
}

TEST(Identities, ANumberThatLabelsMatchIsWarnedOfOnBothSides) {
  EXPECT_EQ(warnings(shop("number", operators(kLabels))),
            (Warnings{of("id", "orders"), of("order", "returns")}));
  EXPECT_EQ(warnings(shop("text", operators(kLabels))), Warnings{});
}

TEST(Identities, ANumberAsTheKeyOfASourceOrASinkIsWarnedOf) {
  const std::string sinks =
      "sinks:\n  out: { type: kafka, input: orders, topic: out, key: id }\n"
      "  rest: { type: kafka, input: returns, topic: rest }\n";
  EXPECT_EQ(warnings(shop("number", sinks)), Warnings{of("id", "orders")});
  EXPECT_EQ(warnings(shop("text", sinks)), Warnings{});
  const std::string plain =
      "sinks:\n  out: { type: kafka, input: orders, topic: out }\n"
      "  rest: { type: kafka, input: returns, topic: rest }\n";
  EXPECT_EQ(warnings(shop("number", plain, "key: id, ")), Warnings{of("id", "orders")});
  EXPECT_EQ(warnings(shop("number", plain)), Warnings{});
}

TEST(Identities, AFieldIsWarnedOfOnceWhateverIsReadByIt) {
  const std::string twice =
      "  once: { type: dedupe, input: orders, key: id, within: 1h }\n"
      "  last: { type: features, input: once, key: id, aggregates: { n: { count: true } } }\n";
  EXPECT_EQ(warnings(shop("number", operators(twice), "key: id, ")), Warnings{of("id", "orders")});
}

TEST(Identities, TheWarningStandsWhereTheFileSaysSo) {
  const std::string said = said_about(shop("number", operators(kDedupe)));
  EXPECT_TRUE(said.starts_with("test.yaml:7:45: warning: ")) << said;
}

TEST(Identities, AComputedNumberAndATimeAreNotWarnedOf) {
  const std::string bucket =
      "  f: { type: features, input: orders, values: { bucket: hash(card) % 100 } }\n"
      "  last: { type: dedupe, input: f, key: [bucket, ts], within: 1h }\n";
  EXPECT_EQ(warnings(shop("number", operators(bucket))), Warnings{});
}

TEST(Identities, OnlyNumbersThatSayWhoseARowIsAreMarked) {
  const auto pipeline = read_pipeline(shop("number", operators(kLabels)));
  for (const SourceNode& source : pipeline->graph->sources)
    for (const FieldSpec& field : source.fields)
      EXPECT_EQ(field.identity, field.field.name == "id" || field.field.name == "order")
          << field.field.name;
  const auto texts = read_pipeline(shop("text", operators(kLabels)));
  for (const SourceNode& source : texts->graph->sources)
    for (const FieldSpec& field : source.fields) EXPECT_FALSE(field.identity) << field.field.name;
}

TEST(Identities, WhatIsRefusedForThemIsPartOfTheFingerprint) {
  const std::string sinks =
      "sinks:\n  out: { type: kafka, input: orders, topic: out }\n"
      "  rest: { type: kafka, input: returns, topic: rest }\n";
  // The field is required anyway, so that a key of the source changes nothing else.
  const std::string number = "{ number: { required: true } }";
  EXPECT_NE(read_pipeline(shop(number, sinks))->graph->fingerprint,
            read_pipeline(shop(number, sinks, "key: id, "))->graph->fingerprint);
}

}  // namespace
}  // namespace weir
