#include "pipeline/yaml/substitution.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "pipeline/yaml/yaml.h"

namespace weir {
namespace {

using Environment = std::map<std::string, std::string>;

/// The value of `a:` after substitution, and what was said.
std::pair<YamlNode, std::string> substituted(const std::string& value,
                                             const Environment& environment) {
  const std::string text = "a: " + value + "\n";
  Problems problems("f.yaml", text);
  std::optional<YamlNode> root = parse_yaml(text, problems);
  if (!root) return {YamlNode{}, problems.render()};
  substitute(*root, environment, problems);
  return {*root->find("a"), problems.render()};
}

std::string text_after(const std::string& value, const Environment& environment) {
  return substituted(value, environment).first.text;
}

TEST(Substitute, TakesTheEnvironmentAndElseTheDefault) {
  EXPECT_EQ(text_after("${HOST}", {{"HOST", "broker"}}), "broker");
  EXPECT_EQ(text_after("${HOST:-localhost}:${PORT:-9092}", {{"HOST", "broker"}}), "broker:9092");
  EXPECT_EQ(text_after("${HOST:-localhost}", {{"HOST", ""}}), "localhost");
  EXPECT_EQ(text_after("${HOST:-}", {}), "");
  EXPECT_EQ(text_after("\"${HOST}\"", {{"HOST", ""}}), "");
}

TEST(Substitute, StaysWithinOneScalar) {
  const YamlNode node = substituted("${X}", {{"X", "1, b: 2 # c\nd: 3"}}).first;
  EXPECT_TRUE(node.scalar());
  EXPECT_EQ(node.text, "1, b: 2 # c\nd: 3");
}

TEST(Substitute, TypesWhatCameOnlyOutsideQuotes) {
  EXPECT_TRUE(substituted("${X}", {{"X", "5"}}).first.plain);
  EXPECT_FALSE(substituted("\"${X}\"", {{"X", "5"}}).first.plain);
}

TEST(Substitute, DoesNotReplaceWhatItHasPutIn) {
  EXPECT_EQ(text_after("${A}", {{"A", "${B}"}, {"B", "no"}}), "${B}");
}

TEST(Substitute, LeavesDollarsAlone) {
  EXPECT_EQ(text_after("$HOME and $$ and 5$", {}), "$HOME and $$ and 5$");
  EXPECT_EQ(text_after("$${HOST}", {{"HOST", "x"}}), "${HOST}");
}

TEST(Substitute, ReportsWhatIsNotSetOrMalformed) {
  for (const char* value : {"${NONE}", "${}", "${A", "${A:+b}", "${1A:-x}", "${A B}",
                            "${A:-${B:-x}}", "${B:-$${x}}"})
    EXPECT_NE(substituted(value, {{"A", "x"}}).second.find("f.yaml:1:4: error: "),
              std::string::npos)
        << value;
}

TEST(Unsubstituted, ReadsBackAsTheSameText) {
  for (const std::string text : {"plain", "${A}", "$${A}", "$$${A:-b}", "$", "a ${", "$$"}) {
    YamlNode node;
    node.text = unsubstituted(text);
    Problems problems("f", "");
    substitute(node, {{"A", "wrong"}}, problems);
    EXPECT_EQ(node.text, text);
    EXPECT_FALSE(problems.any_error());
  }
}

/// The file after `--set`, as paths with values, and what was said.
std::pair<YamlNode, std::string> after(const std::string& text,
                                       std::vector<std::pair<std::string, std::string>> set) {
  Problems problems("f.yaml", text);
  YamlNode root = parse_yaml(text, problems).value();
  apply_settings(root, set, problems);
  return {std::move(root), problems.render()};
}

const YamlNode* at(const YamlNode& root, std::initializer_list<const char*> path) {
  const YamlNode* node = &root;
  for (const char* key : path)
    if (node != nullptr) node = node->find(key);
  return node;
}

TEST(Set, ReplacesAndMakesWhatIsMissing) {
  const auto [root, said] =
      after("engine: { shards: 1 }\n", {{"engine.shards", "2"}, {"http.listen", "off"}});
  EXPECT_EQ(said, "");
  EXPECT_EQ(at(root, {"engine", "shards"})->text, "2");
  EXPECT_EQ(at(root, {"http", "listen"})->text, "off");
}

TEST(Set, TakesAllAfterKafkaForOneKey) {
  const auto [root, said] =
      after("sources: { s: { topic: t } }\n",
            {{"kafka.bootstrap.servers", "a:1,b:2"}, {"sources.s.kafka.fetch.min.bytes", "1"}});
  EXPECT_EQ(said, "");
  EXPECT_EQ(at(root, {"kafka", "bootstrap.servers"})->text, "a:1,b:2");
  EXPECT_EQ(at(root, {"sources", "s", "kafka", "fetch.min.bytes"})->text, "1");
}

TEST(Set, ReachesIntoListsAndComponentsWrittenAsNames) {
  const auto [root, said] = after("steps: [standard_scaler, logistic_regression]\n",
                                  {{"steps.1.logistic_regression.l2", "0.1"}});
  EXPECT_EQ(said, "");
  EXPECT_EQ(at(root.find("steps")->items[1], {"logistic_regression", "l2"})->text, "0.1");
}

TEST(Set, TakesYamlForTheValue) {
  const auto [root, said] = after("a: 1\n", {{"a", "[x, { y: \"2\" }]"}, {"b", ""}});
  EXPECT_EQ(said, "");
  ASSERT_TRUE(root.find("a")->list());
  EXPECT_FALSE(root.find("a")->items[1].find("y")->plain);
  EXPECT_FALSE(root.find("b")->null());
}

TEST(Set, IsNamedWhereItIsWrong) {
  EXPECT_EQ(after("a: 1\n", {{"a.b", "2"}}).second,
            "--set a.b=2: error: `a` is a single value: it has no `b` inside\n");
  EXPECT_EQ(after("a: [1]\n", {{"a.3", "2"}}).second,
            "--set a.3=2: error: `a` is a list of 1 items: the part after it must be the number "
            "of one, from 0\n");
  EXPECT_NE(after("a: 1\n", {{"a..b", "2"}}).second.find("--set a..b=2: error: "),
            std::string::npos);
  EXPECT_NE(after("a: 1\n", {{"a", "[1"}}).second.find("--set a=[1: error: "), std::string::npos);
  for (const std::string nothing : {"#x", "  ", "\n# x\n"})
    EXPECT_NE(after("a: 1\n", {{"a", nothing}}).second.find(": error: is empty"),
              std::string::npos)
        << nothing;
}

}  // namespace
}  // namespace weir
