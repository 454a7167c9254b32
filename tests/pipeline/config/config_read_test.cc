#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "pipeline/config/config.h"
#include "pipeline/options/option_slot.h"
#include "tests/pipeline/config/fake_operator.h"
#include "tests/pipeline/config/fake_vocabulary.h"

namespace weir {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A file read, with what was said about it.
struct Result {
  Config config;
  std::string said;
};

Result read(const std::string& text, std::vector<std::pair<std::string, std::string>> set = {},
            std::map<std::string, std::string> environment = {}) {
  Problems problems("f.yaml", text);
  const ConfigInput input{"f.yaml", text, std::move(set), std::move(environment)};
  Result result{read_config(input, fake_vocabulary(), problems), {}};
  result.said = problems.render();
  return result;
}

const FakeOperator& operator_of(const Config& config, std::string_view name) {
  for (const OperatorConfig& one : config.operators)
    if (one.name.text == name) return dynamic_cast<const FakeOperator&>(*one.spec);
  throw std::out_of_range(std::string(name));
}

const std::string kHead =
    "version: 1\npipeline: p\nsources:\n  s:\n    type: kafka\n    topic: t\n"
    "    fields: { x: number }\n";

TEST(ReadConfig, ReadsTheExampleWithoutAProblem) {
  const Result result = read(file_text("deploy/examples/fraud.yaml"));
  const Config& config = result.config;
  EXPECT_EQ(result.said, "");
  EXPECT_EQ(config.pipeline.text, "card-fraud");
  EXPECT_EQ(config.kafka.at("bootstrap.servers"), "localhost:9092");
  ASSERT_EQ(config.sources.size(), 2U);
  EXPECT_EQ(config.sources[0].lateness.ms, 30'000);
  EXPECT_EQ(config.sources[1].idle.ms, 30'000);
  ASSERT_EQ(config.sources[0].fields.size(), 6U);
  EXPECT_EQ(config.sources[0].fields[5].field, (Field{"ts", Type::time}));
  EXPECT_EQ(config.operators.size(), 6U);
  EXPECT_EQ(config.sinks.size(), 2U);
}

TEST(ReadConfig, FillsEveryKindOfOption) {
  const Result result = read(file_text("deploy/examples/fraud.yaml"));
  const FakeOperator& fraud = operator_of(result.config, "fraud");
  EXPECT_EQ(fraud.features.size(), 6U);
  EXPECT_EQ(std::get<double>(fraud.fallback->value), 0.002);
  ASSERT_EQ(fraud.steps.size(), 4U);
  EXPECT_EQ(fraud.steps[0].with, "mean") << "the main option alone";
  EXPECT_EQ(fraud.steps[2].name, "standard_scaler") << "a name alone";
  EXPECT_EQ(fraud.steps[3].initial, 0.05) << "a block";
  EXPECT_TRUE(fraud.has_labels);
  EXPECT_EQ(fraud.wait.ms, 604'800'000);
  const FakeOperator& features = operator_of(result.config, "features");
  ASSERT_EQ(features.aggregates.size(), 3U);
  EXPECT_EQ(features.aggregates[1].count->text, "true");
  EXPECT_TRUE(features.aggregates[1].over.unit == Extent::Unit::time);
  EXPECT_EQ(features.values[1].second.text, "amount / spent_1d");
  EXPECT_EQ(operator_of(result.config, "score_shift").detector, "mean_shift");
  EXPECT_FALSE(operator_of(result.config, "quality").has_labels);
}

TEST(ReadConfig, TakesAValueAloneForTheMainOptionOfABlock) {
  const Result result = read(kHead +
                             "operators:\n  m: { type: model, input: s, steps: "
                             "[{ logistic_regression: 0.5 }] }\n");
  EXPECT_EQ(result.said, "");
  EXPECT_EQ(operator_of(result.config, "m").steps[0].initial, 0.5);
}

TEST(ReadConfig, ReadsFieldOptions) {
  const Result result = read(
      "version: 1\npipeline: p\nsources:\n  s:\n    type: kafka\n    topic: t\n    fields:\n"
      "      card: { text: { path: payload.card, required: true } }\n"
      "      ts: { time: { unit: s } }\n"
      "      id: { text: { from: header, missing: [NA, '-'] } }\n"
      "      x: { number: payload.x }\n");
  EXPECT_EQ(result.said, "");
  const std::vector<FieldSpec>& fields = result.config.sources.at(0).fields;
  ASSERT_EQ(fields.size(), 4U);
  EXPECT_EQ(fields[0].path, "payload.card");
  EXPECT_TRUE(fields[0].required);
  EXPECT_EQ(fields[1].unit_ms, 1000);
  EXPECT_EQ(fields[1].path, "ts");
  EXPECT_TRUE(fields[2].from == FieldSpec::From::header);
  EXPECT_EQ(fields[2].missing, (std::vector<std::string>{"NA", "-"}));
  EXPECT_EQ(fields[3].path, "payload.x");
}

TEST(ReadConfig, ReadsPathsOfStepsAndFormsOfTimes) {
  const std::string text =
      "version: 1\npipeline: p\nsources:\n  s:\n    type: kafka\n    topic: t\n    fields:\n"
      "      code: { number: { path: [http.status, 0, '1'] } }\n"
      "      at: { time: { unit: ns, lenient: true } }\n"
      "      day: { time: { pattern: '%d/%m/%Y', offset: '+02:00' } }\n"
      "      id: { text: { from: header, path: [a.b] } }\n";
  const Result result = read(text);
  EXPECT_EQ(result.said, "");
  const std::vector<FieldSpec>& fields = result.config.sources.at(0).fields;
  ASSERT_EQ(fields.size(), 4U);
  EXPECT_EQ(fields[0].steps, (std::vector<PathStep>{{"http.status", {}}, {"", 0}, {"1", {}}}));
  EXPECT_EQ(fields[0].path, "[\"http.status\",0,\"1\"]");
  EXPECT_EQ(fields[1].unit_ms, 1e-6);
  EXPECT_TRUE(fields[1].lenient);
  EXPECT_EQ(fields[2].pattern, "%d/%m/%Y");
  EXPECT_EQ(fields[2].offset_ms, 7'200'000);
  EXPECT_EQ(fields[3].flat_name(), "a.b");
  const std::string once = resolved_config(result.config);
  EXPECT_EQ(resolved_config(read(once).config), once);
}

TEST(ReadConfig, RefusesPathsAndFormsOfTimesThatCannotBe) {
  const auto said = [](const std::string& field) {
    const std::string text = read("version: 1\npipeline: p\nsources:\n  s: { type: kafka, "
                                  "topic: t, fields: { x: " + field + " } }\n")
                                 .said;
    const std::size_t first = text.find("error: ");
    return first == std::string::npos ? text
                                      : text.substr(first + 7, text.find('\n') - first - 7);
  };
  EXPECT_EQ(said("{ number: { path: [a, -1] } }"),
            "`path` holds `-1`, which is no index: a whole number from 0 to 1000000");
  EXPECT_EQ(said("{ number: { path: [a, 0.5] } }"),
            "`path` holds `0.5`, which is no index: a whole number from 0 to 1000000");
  EXPECT_EQ(said("{ number: { path: [] } }"),
            "`path` must be a name or a list of names and indices, not a list");
  EXPECT_EQ(said("{ number: { path: [[a]] } }"),
            "`path` must be a name or a list of names and indices, but holds a list");
  EXPECT_EQ(said("{ text: { from: header, path: [a, b] } }"),
            "`x`: outside the record's value `path` is one name");
  EXPECT_EQ(said("{ time: { pattern: 'dd/MM/yyyy' } }"), "`pattern`: needs a year (%Y or %y)");
  EXPECT_EQ(said("{ time: { pattern: '%Y', unit: s } }"),
            "`unit`: has no effect beside `pattern`: remove one of them");
  EXPECT_EQ(said("{ time: { offset: Europe/Berlin } }"),
            "`offset`: must be hours and minutes ahead of UTC, such as +02:00, not "
            "`Europe/Berlin`");
  EXPECT_EQ(said("{ text: { lenient: true } }"),
            "unknown key `lenient` in `text`; known: path, from, required, missing");
}

TEST(ReadConfig, DoesNotCareForTheOrderOfTheFile) {
  const std::string a = "version: 1\npipeline: p\nsources:\n";
  const std::string s = "  s: { type: kafka, topic: t, fields: { x: number } }\n";
  const std::string t = "  t: { topic: u, fields: { x: number }, type: kafka }\n";
  EXPECT_EQ(resolved_config(read(a + s + t).config), resolved_config(read(a + t + s).config));
}

TEST(ReadConfig, LetsTheCommandLineOverrideTheFile) {
  const Result result = read(kHead, {{"engine.batch_rows", "7"}, {"pipeline", "q"}});
  EXPECT_EQ(result.said, "");
  EXPECT_EQ(result.config.engine.batch_rows, 7U);
  EXPECT_EQ(result.config.pipeline.text, "q");
}

TEST(ReadConfig, NamesTheCommandLineWhenAValueOfItIsWrong) {
  EXPECT_EQ(
      read(kHead, {{"engine.batch_rows", "0"}}).said,
      "--set engine.batch_rows=0: error: `batch_rows` must be between 1 and 65536, not `0`\n");
  EXPECT_EQ(read(kHead, {{"engine.batchrows", "1"}}).said,
            "--set engine.batchrows=1: error: unknown key `batchrows` in `engine`; did you mean "
            "`batch_rows`?\n");
}

TEST(ReadConfig, GivesTheDetectorOfEachFieldApart) {
  const Result result = read(kHead +
                             "operators:\n  d: { type: drift, input: s, detectors: "
                             "{ x: ks_test, y: { mean_shift: { window: 20 } } } }\n");
  EXPECT_EQ(result.said, "");
  const auto& detectors = operator_of(result.config, "d").detectors;
  ASSERT_EQ(detectors.size(), 2U);
  EXPECT_EQ(detectors[0], (std::pair<std::string, std::string>{"x", "ks_test"}));
  EXPECT_EQ(detectors[1], (std::pair<std::string, std::string>{"y", "mean_shift"}));
}

TEST(ResolvedConfig, ReadsBackAsTheSame) {
  for (const std::string& text :
       {file_text("deploy/examples/fraud.yaml"), kHead,
        kHead +
            "operators:\n  m: { type: model, input: s, fallback: '${A}', token: abc, every: all, "
            "match: id, detectors: { x: ks_test }, detector: { mean_shift: 600 } }\n"}) {
    const std::string once = resolved_config(read(text, {}, {{"A", "$${x}"}}).config);
    const Result again = read(once);
    EXPECT_EQ(again.said, "");
    EXPECT_EQ(resolved_config(again.config), once);
  }
}

TEST(ResolvedConfig, HoldsDefaultsAndNoSecrets) {
  const Result result = read(kHead +
                                 "kafka: { sasl.password: hunter2, bootstrap.servers: '${B}' }\n"
                                 "operators:\n  m: { type: model, input: s, token: hunter2 }\n",
                             {}, {{"B", "broker:9092"}});
  EXPECT_EQ(result.said, "");
  const std::string text = resolved_config(result.config);
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  EXPECT_EQ(text.find("broker:9092"), std::string::npos);
  EXPECT_NE(text.find("\"snapshot_every\":\"1m\""), std::string::npos);
  EXPECT_NE(resolved_operator(result.config.operators[0]).find("\"window\":1000"),
            std::string::npos);
  EXPECT_EQ(result.config.kafka.at("bootstrap.servers"), "broker:9092");
}

TEST(ReadConfig, HidesSecretsInTheLinesItShows) {
  const std::string said =
      read(kHead + "kafka: { sasl.password: hunter2hunter2, nonsense: 1 }\n").said;
  EXPECT_NE(said.find("sasl.password: ***"), std::string::npos) << said;
  EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
}

TEST(ReadConfig, ShowsNoPasswordHoweverItIsWritten) {
  for (const std::string kafka :
       {"sasl.password: hunter2, nonsense: 1", "sasl.pasword: correct-hunter2-9",
        "sasl.pasword: hunter2", "sasl.password: @hunter2x", "sasl.password: *hunter2x",
        "sasl.password: !hunter2x y, nonsense: 1",
        "nonsense: 1, sasl.password: \"hunter2\\\"x\""}) {
    const std::string said = read(kHead + "kafka: { " + kafka + " }\n").said;
    EXPECT_NE(said.find("error: "), std::string::npos) << kafka;
    EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
  }
  for (const auto& [path, value] : std::vector<std::pair<std::string, std::string>>{
           {"kafka.sasl.pasword", "correct-hunter2-9"},
           {"kafka.sasl.password", "@hunter2x"},
           {"kafka.sasl.pasword", "*hunter2x"},
           {"kafka", "{ sasl.password: @hunter2x }"},
           {"kafka", "{ sasl.pasword: @hunter2x }"},
           {"sources.s.kafka.sasl.pasword", "@hunter2x"}}) {
    const std::string said = read(kHead, {{path, value}}).said;
    EXPECT_EQ(said.find("--set " + path + "="), 0U) << said;
    EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
  }
  for (const std::string kafka :
       {" { sasl: { password: hunter2 } }", "\n  sasl:\n    password: hunter2",
        "\n  bootstrap.servers:x\n  sasl.password:hunter2", "\n  sasl.password: pa${hunter2",
        "\n  sasl.password: ${PW:hunter2}", "\n  sasl.pasword: @hunter2", " hunter2"}) {
    const std::string said = read(kHead + "kafka:" + kafka + "\n").said;
    EXPECT_NE(said.find("error: "), std::string::npos) << kafka;
    EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
  }
}

/// One small change of a kind that people and editors make.
std::string mutated(std::string text, std::mt19937_64& random) {
  static constexpr std::string_view kCharacters =
      ":{}[],-\"'#&*!|>%@`\t\n ${}\\x00\xc3\xa9"
      "0";
  const auto any = [&](std::size_t below) { return random() % below; };
  for (std::size_t change = 1 + any(4); change > 0 && !text.empty(); --change) {
    const std::size_t at = any(text.size());
    const std::size_t length = std::min<std::size_t>(1 + any(20), text.size() - at);
    switch (any(5)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, 1, kCharacters[any(kCharacters.size())]);
        break;
      case 2:
        text[at] = kCharacters[any(kCharacters.size())];
        break;
      case 3:
        text.insert(any(text.size()), text.substr(at, length));
        break;
      default:
        std::swap(text[at], text[any(text.size())]);
        break;
    }
  }
  return text;
}

TEST(ReadConfig, SurvivesAnyChangeOfTheExample) {
  const std::string text = file_text("deploy/examples/fraud.yaml");
  std::mt19937_64 random(20260131);
  std::size_t wrong = 0;
  for (int i = 0; i < 2'000; ++i) {
    const std::string changed = mutated(text, random);
    SCOPED_TRACE(changed);
    const Result result = read(changed);
    wrong += !result.said.empty();
    // What nothing was said about can be recorded and read again.
    if (result.said.empty()) {
      ASSERT_EQ(read(resolved_config(result.config)).said, "");
    }
  }
  EXPECT_GT(wrong, 1'000U);
}

}  // namespace
}  // namespace weir
