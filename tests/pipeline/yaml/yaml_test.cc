#include <gtest/gtest.h>

#include "pipeline/yaml/yaml.h"

namespace weir {
namespace {

YamlNode parsed(const std::string& text) {
  Problems problems("f.yaml", text);
  std::optional<YamlNode> root = parse_yaml(text, problems);
  EXPECT_EQ(problems.render(), "");
  return root.value_or(YamlNode{});
}

TEST(Yaml, KnowsWhereKeysAndValuesStand) {
  const YamlNode root = parsed("a: 1\nb:\n  c: [x, \"y z\"]\n  d:\n");
  EXPECT_EQ(root.entries[1].key.place.line, 2U);
  const YamlNode& inside = root.entries[1].value;
  EXPECT_EQ(inside.entries[0].key.place.column, 3U);
  const YamlNode& list = inside.entries[0].value;
  EXPECT_EQ(list.place.column, 6U);
  EXPECT_EQ(list.items[0].place.column, 7U);
  EXPECT_EQ(list.items[1].place.column, 11U) << "inside the quotes";
  EXPECT_EQ(inside.entries[1].value.place.line, 4U) << "an empty value stands at its key";
  EXPECT_TRUE(inside.entries[1].value.null());
}

TEST(Yaml, ResolvesAliases) {
  const YamlNode root = parsed("a: &x { k: [1, 2] }\nb: *x\nc: [*x]\n");
  EXPECT_EQ(root.find("b")->find("k")->items[1].text, "2");
  EXPECT_EQ(root.find("c")->items[0].find("k")->items.size(), 2U);
}

TEST(Yaml, JoinsLinesOfATextAsYamlDoes) {
  const YamlNode root = parsed("a: >-\n  one\n  two\nb: |\n  x\n  y\nc: one\n  two\n");
  EXPECT_EQ(root.find("a")->text, "one two");
  EXPECT_EQ(root.find("b")->text, "x\ny\n");
  EXPECT_EQ(root.find("c")->text, "one two");
}

TEST(Yaml, KeepsTheFirstOfTwoEqualKeysAndReportsEveryOther) {
  const std::string text = "a: 1\nb: { c: 1, c: 2 }\na: 3\na: 4\n";
  Problems problems("f.yaml", text);
  const std::optional<YamlNode> root = parse_yaml(text, problems);
  ASSERT_TRUE(root);
  EXPECT_EQ(problems.errors(), 3U);
  EXPECT_EQ(root->find("a")->text, "1");
}

TEST(Yaml, PutsCutExpressionsTogetherAgain) {
  const std::string text = "v: { x: if(a, max(b, c), 0), y: 1 }\nl: [min(a, b), c]\n";
  Problems problems("f.yaml", text);
  const std::optional<YamlNode> root = parse_yaml(text, problems);
  ASSERT_TRUE(root);
  EXPECT_EQ(problems.errors(), 2U);
  EXPECT_EQ(root->find("v")->entries.size(), 2U);
  EXPECT_EQ(root->find("v")->find("x")->text, "if(a, max(b, c), 0)");
  EXPECT_EQ(root->find("l")->items.size(), 2U);
  EXPECT_EQ(root->find("l")->items[0].text, "min(a, b)");
}

TEST(Yaml, RefusesWhatIsTooLarge) {
  const std::string text(100, ' ');
  Problems problems("f.yaml", text);
  EXPECT_FALSE(parse_yaml(text, problems, std::nullopt, {.bytes = 99}));
  EXPECT_EQ(problems.render(), "f.yaml: error: larger than 99 bytes\n");
}

TEST(Yaml, SurvivesAnAliasInsideItsOwnAnchor) {
  Problems problems("f.yaml", "a: &x [*x]\n");
  EXPECT_FALSE(parse_yaml("a: &x [*x]\n", problems));
  EXPECT_EQ(problems.errors(), 1U);
}

TEST(Yaml, RefusesBytesThatAreNoText) {
  for (const std::string bytes : {"a: \xc3\x28\n", "a: \xe2\x82\n", "a: \xf5\x80\x80\x80\n",
                                  "a: \xc0\xaf\n", "a: \xed\xa0\x80\n", "a: \x1b[1m\n"}) {
    Problems problems("f.yaml", bytes);
    EXPECT_FALSE(parse_yaml(bytes, problems));
    EXPECT_EQ(problems.all().at(0).place.column, 4U);
  }
}

}  // namespace
}  // namespace weir
