#include "pipeline/graph/graph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/harness/pipelines.h"

namespace weir {
namespace {

using namespace engine_test;

constexpr std::string_view kTwo = R"(version: 1
pipeline: shop
sources:
  orders:
    type: kafka
    topic: orders
    format: json
    key: card
    time: ts
    fields:
      { id: text, card: text, amount: number, country: text, unread: number, ts: time,
        good: boolean }
  labels:
    type: kafka
    topic: labels
    format: json
    key: card
    time: ts
    fields: { order: text, card: text, good: boolean, note: text, ts: time }
)";

const std::string kShop = std::string(kTwo) + R"(
operators:
  spend:
    type: features
    input: orders
    key: card
    aggregates: { spent: { sum: amount } }
    values: { double: amount * 2, half: amount / 2 }
  some: { type: filter, input: spend, when: country != "de" }
  model:
    type: model
    input: some
    features: [spent, double]
    target: good
    labels: { input: labels, match: { id: order }, wait: 1h }
    steps: [ standard_scaler, logistic_regression ]
sinks:
  scores: { type: kafka, input: model, topic: scores, key: card, fields: [id, score] }
)";

const FieldSpec& field(const Graph& graph, std::string_view source, std::string_view name) {
  const auto node = std::ranges::find(graph.sources, source, &SourceNode::name);
  return *std::ranges::find_if(node->fields,
                               [&](const FieldSpec& one) { return one.field.name == name; });
}

std::vector<std::string> needed(const Graph& graph, std::string_view stream) {
  const auto& one = *std::ranges::find(graph.streams, stream, &Stream::name);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < one.schema.size(); ++i)
    if (one.needed[i]) names.push_back(one.schema.fields[i].name);
  return names;
}

using Names = std::vector<std::string>;

TEST(Graph, OnlyFieldsThatSomethingReadsAreRead) {
  const auto pipeline = read_pipeline(kShop);
  const Graph& graph = *pipeline->graph;
  for (const char* name : {"id", "card", "amount", "country", "ts"})
    EXPECT_TRUE(field(graph, "orders", name).read) << name;
  EXPECT_FALSE(field(graph, "orders", "unread").read);
  EXPECT_FALSE(field(graph, "orders", "good").read) << "the label is the other source's";
  EXPECT_TRUE(field(graph, "labels", "good").read);
  EXPECT_FALSE(field(graph, "labels", "note").read);
}

TEST(Graph, AFieldPassedThroughIsNeededWhereItComesFrom) {
  const auto pipeline = read_pipeline(kShop);
  EXPECT_EQ(needed(*pipeline->graph, "model"), (Names{"id", "card", "score"}));
  EXPECT_EQ(needed(*pipeline->graph, "some"), (Names{"id", "card", "spent", "double"}));
  EXPECT_EQ(needed(*pipeline->graph, "spend"), (Names{"id", "card", "country", "spent", "double"}));
}

TEST(Graph, KeyMatchAndTimeAreRequiredOfTheSourceAndALabelIsMarked) {
  const auto pipeline = read_pipeline(kShop);
  const Graph& graph = *pipeline->graph;
  for (const char* name : {"id", "card", "ts"})
    EXPECT_TRUE(field(graph, "orders", name).required) << name;
  EXPECT_FALSE(field(graph, "orders", "amount").required);
  EXPECT_TRUE(field(graph, "labels", "order").required);
  EXPECT_TRUE(field(graph, "labels", "good").label);
  EXPECT_FALSE(field(graph, "labels", "good").required);
  EXPECT_FALSE(field(graph, "orders", "amount").label);
}

/// Rows with a `kind`, and models of it by the edge that they read and their classes.
std::string kinds(const std::vector<std::pair<std::string, std::string>>& models) {
  std::string yaml = R"(version: 1
pipeline: kinds
sources:
  rows: { type: kafka, topic: rows, fields: { x: number, kind: text } }
operators:
  some: { type: filter, input: rows, when: x > 1 }
  made: { type: features, input: rows, values: { other: lower(kind) } }
)";
  std::string sinks = "  some: { type: kafka, input: some, topic: some }\n"
                      "  made: { type: kafka, input: made, topic: made }\n";
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto& [input, classes] = models[i];
    const std::string name = "model" + std::to_string(i);
    yaml += "  " + name + ": { type: model, input: " + input + ", features: [x], target: " +
            (input == "made" ? "other" : "kind") + ", classes: [" + classes +
            "], unknown_class: dead_letter, steps: [standard_scaler, softmax_regression] }\n";
    sinks += "  " + name + ": { type: kafka, input: " + name + ", topic: " + name + " }\n";
  }
  return yaml + "sinks:\n" + sinks;
}

TEST(Graph, ALabelMustBeAmongTheClassesOfEveryModelThatSaysSo) {
  const auto classes = [](const std::vector<std::pair<std::string, std::string>>& models) {
    return field(*read_pipeline(kinds(models))->graph, "rows", "kind").classes;
  };
  EXPECT_EQ(classes({{"rows", "b, a"}}), (Names{"a", "b"}));
  EXPECT_EQ(classes({{"rows", "b, a"}, {"some", "c, b"}}), Names{"b"});
  EXPECT_EQ(classes({}), std::nullopt);
  EXPECT_NE(said_about(kinds({{"made", "a, b"}}))
                .find("error: `unknown_class: dead_letter` needs a label that a source gives: "
                      "`other` of `made` is computed"),
            std::string::npos);
  EXPECT_NE(read_pipeline(kinds({{"rows", "b, a"}}))->graph->fingerprint,
            read_pipeline(kinds({{"rows", "b, c"}}))->graph->fingerprint);
}

TEST(Graph, InputsComeBeforeTheirReadersWhateverTheOrderInTheFile) {
  const auto pipeline = read_pipeline(kDiamond);
  const Graph& graph = *pipeline->graph;
  std::vector<bool> there(graph.streams.size());
  for (std::size_t s = 0; s < graph.sources.size(); ++s) there[s] = true;
  for (const Node& node : graph.nodes) {
    for (const std::size_t input : node.inputs) EXPECT_TRUE(there[input]) << node.name;
    for (const std::size_t output : node.outputs) there[output] = true;
  }
  EXPECT_TRUE(std::ranges::all_of(there, [](bool one) { return one; }));
}

TEST(Graph, OrderInTheFileMeansNothing) {
  std::string other = kShop;
  const std::size_t some = other.find("  some: ");
  const std::string line = other.substr(some, other.find('\n', some) + 1 - some);
  other.erase(some, line.size());
  other.insert(other.find("  spend:"), line);
  EXPECT_EQ(read_pipeline(other)->graph->fingerprint, read_pipeline(kShop)->graph->fingerprint);
}

TEST(Graph, ItsFingerprintChangesWithWhatReplayDependsOnOnly) {
  const std::uint64_t usual = read_pipeline(kShop)->graph->fingerprint;
  const auto with = [](const std::string& path, const std::string& value) {
    return read_pipeline(kShop, {{path, value}})->graph->fingerprint;
  };
  EXPECT_NE(with("operators.some.when", "country != \"fr\""), usual);
  EXPECT_NE(with("operators.model.labels.wait", "2h"), usual);
  EXPECT_NE(with("sources.orders.lateness", "1s"), usual);
  EXPECT_EQ(with("engine.batch_rows", "7"), usual);
  EXPECT_EQ(with("engine.epoch", "20ms"), usual);
  EXPECT_EQ(with("operators.model.labels.early", "1m"), usual) << "the default, written";
}

/// A format with an option, as none of weir's own has one yet.
class SpacedFormat final : public FormatSpec {
 public:
  bool spaced = false;
  void describe(OptionVisitor& option) override {
    option("spaced", spaced, {.doc = "a space after each comma"});
  }
  std::unique_ptr<Decoder> decoder(std::vector<FieldSpec>) const override { return nullptr; }
  std::unique_ptr<Encoder> encoder(const Schema&, std::vector<std::size_t>) const override {
    return nullptr;
  }
};

std::uint64_t fingerprint_with_formats(const std::string& source, const std::string& sink) {
  const std::string yaml =
      "version: 1\npipeline: shop\nsources:\n  orders: { type: kafka, topic: orders, format: " +
      source +
      ", fields: { id: text } }\nsinks:\n  out: { type: kafka, input: orders, topic: out, "
      "format: " +
      sink + " }\n";
  std::vector<FormatType> formats(format_types().begin(), format_types().end());
  formats.push_back({.name = "spaced", .doc = "for this test", .later = {}, .make = []() {
                       return std::unique_ptr<FormatSpec>(std::make_unique<SpacedFormat>());
                     }});
  Vocabulary words = vocabulary();
  words.formats = formats;
  Problems problems("test.yaml", yaml);
  const Config config = read_config(
      {.file = "test.yaml", .text = yaml, .set = {}, .environment = {}}, words, problems);
  const auto graph = bind_graph(config, problems);
  EXPECT_TRUE(graph) << problems.render();
  return graph ? graph->fingerprint : 0;
}

TEST(Graph, ItsFingerprintChangesWithAnOptionOfAFormat) {
  const std::uint64_t usual = fingerprint_with_formats("spaced", "spaced");
  EXPECT_EQ(fingerprint_with_formats("{ spaced: { spaced: false } }", "{ spaced: {} }"), usual)
      << "the default, written";
  EXPECT_NE(fingerprint_with_formats("{ spaced: { spaced: true } }", "spaced"), usual);
  EXPECT_NE(fingerprint_with_formats("spaced", "{ spaced: { spaced: true } }"), usual);
  EXPECT_NE(fingerprint_with_formats("{ spaced: { spaced: true } }", "spaced"),
            fingerprint_with_formats("spaced", "{ spaced: { spaced: true } }"));
}

TEST(Graph, ANodesFingerprintIsItsOwn) {
  const auto one = read_pipeline(kShop);
  const auto other = read_pipeline(kShop, {{"operators.some.when", "country != \"fr\""}});
  for (std::size_t i = 0; i < one->graph->nodes.size(); ++i)
    EXPECT_EQ(one->graph->nodes[i].fingerprint == other->graph->nodes[i].fingerprint,
              one->graph->nodes[i].name != "some");
}

TEST(Graph, KnowsWhichSourcesAreReadForLabels) {
  const auto pipeline = read_pipeline(kShop);
  EXPECT_EQ(pipeline->graph->sources[0].name, "labels");
  EXPECT_EQ(pipeline->graph->sources[0].role, PortRole::labels);
  EXPECT_EQ(pipeline->graph->sources[1].role, PortRole::rows);
  EXPECT_EQ(pipeline->graph->nodes.back().sources, (std::vector<std::size_t>{0, 1}));
}

/// What is said about the operators and sinks given, without the lines shown.
std::string said(const std::string& rest, const Set& set = {}) {
  const std::string all = said_about(std::string(kTwo) + rest, set);
  std::string errors;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = all.find('\n', at);
    const std::string line = all.substr(at, end - at);
    if (const std::size_t error = line.find("error: "); error != std::string::npos)
      errors += line.substr(error + 7) + "\n";
    at = end + 1;
  }
  return errors;
}

TEST(Graph, SuggestsTheNearestNameForAnUnknownEdge) {
  EXPECT_EQ(said("sinks:\n  out: { type: kafka, input: ordres, topic: out }\n"),
            "there is no source or operator `ordres`; did you mean `orders`?\n");
  EXPECT_EQ(said("operators:\n  model: { type: model, input: orders, features: [amount], target: "
                 "good, steps: [logistic_regression] }\n"
                 "sinks:\n  out: { type: kafka, input: model.outcome, topic: out }\n"),
            "`model` has no output `outcome`; it has `model`, `model.outcomes`\n");
}

TEST(Graph, NamesTheOperatorsOfACycle) {
  const std::string errors = said(
      "operators:\n  a: { type: filter, input: c, when: amount > 1 }\n"
      "  b: { type: filter, input: a, when: amount > 1 }\n"
      "  c: { type: filter, input: b, when: amount > 1 }\n"
      "sinks:\n  out: { type: kafka, input: c, topic: out }\n");
  EXPECT_EQ(errors, "the graph has a cycle: a <- c <- b <- a\n");
}

TEST(Graph, AnOperatorThatNothingReadsIsAMistake) {
  EXPECT_EQ(said("operators:\n  a: { type: filter, input: orders, when: amount > 1 }\n"
                 "sinks:\n  out: { type: kafka, input: orders, topic: out }\n"),
            "nothing reads operator `a`: name it as the input of a sink or another operator\n");
}

TEST(Graph, InputsOfASinkHaveTheSameFieldsUnlessItNamesThem) {
  const std::string sink = "sinks:\n  out: { type: kafka, input: [orders, labels], topic: out";
  EXPECT_EQ(said(sink + " }\n"),
            "the inputs of sink `out` have different fields: `orders` has id, card, amount, "
            "country, unread, ts, good; `labels` has order, card, good, note, ts\n");
  EXPECT_EQ(said(sink + ", fields: [card, ts] }\n"), "");
  EXPECT_EQ(said(sink + ", fields: [card, amount] }\n"),
            "`labels`, the input of sink `out`, has no field `amount`; it has order, card, "
            "good, note, ts\n");
}

TEST(Graph, WithSeveralShardsAKeyContainsThatOfItsSource) {
  const std::string rest =
      "operators:\n  a: { type: features, input: orders, key: country, aggregates: { n: { count: "
      "true } } }\nsinks:\n  out: { type: kafka, input: a, topic: out }\n";
  EXPECT_EQ(said(rest), "");
  EXPECT_EQ(said(rest, {{"engine.shards", "2"}}),
            "with 2 shards the key of `a` must contain `card`, the key of source `orders`: rows of "
            "one key would be spread over shards\n");
}

/// Rows and labels that meet in a model, the labels' source keyed by `key`.
std::string keyed(const std::string& key, const std::string& fields) {
  return "version: 1\npipeline: shop\nengine: { shards: 2 }\nsources:\n"
         "  orders: { type: kafka, topic: orders, format: json, key: card, time: ts, fields: { id: "
         "text, card: text, amount: number, ts: time } }\n"
         "  ends: { type: kafka, topic: ends, format: json, key: " +
         key + ", time: ts, fields: { " + fields +
         ", good: boolean, ts: time } }\n"
         "operators:\n"
         "  model: { type: model, input: orders, features: [amount], target: good, labels: { "
         "input: ends, match: id, wait: 1h }, steps: [standard_scaler, logistic_regression] }\n"
         "  quality: { type: evaluate, input: model.outcomes, metrics: [accuracy] }\n";
}

TEST(Graph, WithSeveralShardsRowsAndLabelsAreKeyedByTheSameThing) {
  EXPECT_EQ(said_about(keyed("card", "id: text, card: text")), "");
  const std::string wrong = said_about(keyed("card", "id: text, card: number"));
  EXPECT_NE(wrong.find("error: with 2 shards the rows of `orders` and `ends` meet in `model`, but "
                       "the key `card` is a text and `card` a number: "),
            std::string::npos)
      << wrong;
}

TEST(Graph, WithSeveralShardsKeysOfOtherNamesAreWarnedOfOnce) {
  const std::string said = said_about(keyed("id", "id: text"));
  const std::string warning =
      "test.yaml:6:56: warning: with 2 shards the rows of `orders` and `ends` meet in `model`: "
      "unless their keys `card` and `id` mean the same thing, rows that belong together are in "
      "different shards and never meet\n";
  EXPECT_TRUE(said.starts_with(warning)) << said;
  EXPECT_EQ(said.find("warning:", warning.size()), std::string::npos) << said;
  EXPECT_EQ(said.find("error:"), std::string::npos) << said;
}

TEST(Graph, ANameThatExistsAlreadyIsAMistake) {
  EXPECT_EQ(said("operators:\n  a: { type: features, input: orders, values: { amount: amount + 1 } "
                 "}\nsinks:\n  out: { type: kafka, input: a, topic: out }\n"),
            "`a` makes a field `amount`, but its input `orders` already has one\n");
}

}  // namespace
}  // namespace weir
