#include "pipeline/yaml/problems.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Problems, ShowsThemInTheOrderOfTheFileWithLineAndCaret) {
  Problems problems("p.yaml", "first: 1\r\nsecond: 2\n");
  problems.error({2, 9}, "too many");
  problems.warning({1, 1}, "odd");
  problems.error({}, "all wrong");
  EXPECT_EQ(problems.render(),
            "p.yaml: error: all wrong\n"
            "p.yaml:1:1: warning: odd\n"
            "    1 | first: 1\n"
            "      | ^\n"
            "p.yaml:2:9: error: too many\n"
            "    2 | second: 2\n"
            "      |         ^\n");
  EXPECT_TRUE(problems.any_error());
  EXPECT_EQ(problems.errors(), 2U);
}

TEST(Problems, SaysTheSameOnlyOnce) {
  Problems problems("p.yaml", "a\n");
  problems.error({1, 1}, "wrong");
  problems.error({1, 1}, "wrong");
  EXPECT_EQ(problems.all().size(), 1U);
}

TEST(Problems, CountsACharacterAsOneColumn) {
  Problems problems("p.yaml", "é\tü: x\n");
  problems.error({1, 6}, "here");
  EXPECT_EQ(problems.render(), "p.yaml:1:6: error: here\n    1 | é ü: x\n      |      ^\n");
}

TEST(Problems, CutsLongLinesAroundTheCaret) {
  Problems problems("p.yaml", std::string(500, 'a') + "!" + std::string(500, 'b'));
  problems.error({1, 501}, "here");
  const std::string text = problems.render();
  EXPECT_LT(text.size(), 320U);
  const std::size_t line = text.find("| ...");
  const std::size_t caret_line = text.find("| ", line + 2);
  EXPECT_EQ(text.find('!') - line, text.find('^') - caret_line);
}

TEST(Problems, NeverShowsAHiddenValue) {
  Problems problems("p.yaml", "password: correct-horse\nlevel: 1\n");
  problems.hide("correct-horse", "***");
  problems.hide("1", "${LEVEL}");
  problems.error({1, 11}, "`correct-horse` is no password, nor is correct-horse-2");
  problems.error({2, 8}, "`1` must be at least 1");
  const std::string text = problems.render();
  EXPECT_NE(text.find("`***` is no password"), std::string::npos);
  EXPECT_NE(text.find("    1 | password: ***\n"), std::string::npos);
  EXPECT_NE(text.find("`${LEVEL}` must be at least 1"), std::string::npos);
}

TEST(Problems, EndsALineWhereItIsCut) {
  Problems problems("p.yaml", "é: { pasword: hunter2, b: 1 }\n");
  problems.error({1, 24}, "wrong");
  problems.cut({1, 15});
  problems.error(problems.argument("--set a=hunter2"), "wrong");
  problems.cut(problems.argument("--set b=hunter2"));
  problems.error({0x8000'0001, 1}, "wrong");
  EXPECT_EQ(problems.render(),
            "p.yaml:1:24: error: wrong\n    1 | é: { pasword: ***\n      |                  ^\n"
            "--set a=hunter2: error: wrong\n--set b=***: error: wrong\n");
}

TEST(Problems, EndsALineWithTheNameOfASecretProperty) {
  const auto shown = [](const std::string& text, std::uint32_t line) {
    Problems problems("p.yaml", text);
    problems.error({line, 1}, "wrong");
    const std::string said = problems.render();
    const std::size_t from = said.find(" | ") + 3;
    return said.substr(from, said.find('\n', from) - from);
  };
  EXPECT_EQ(shown("  sasl.password: @hunter2x", 1), "  sasl.password: ***");
  EXPECT_EQ(shown("kafka: { linger.ms: 5, \"sasl.password\" :'a\\b', x: 1 }", 1),
            "kafka: { linger.ms: 5, \"sasl.password\" :***");
  EXPECT_EQ(shown("sasl.password=hunter2x", 1), "sasl.password=***");
  EXPECT_EQ(shown("kafka:\n  ssl.key.pem: |\n    one\n\n     two\n  linger.ms: 5\n", 5),
            "     ***");
  EXPECT_EQ(shown("kafka:\n  ssl.key.pem: |\n    one\n  linger.ms: 5\n", 4), "  linger.ms: 5");
  EXPECT_EQ(shown("  sasl.password:\n", 1), "  sasl.password:");
  EXPECT_EQ(shown("  token: log(x)", 1), "  token: log(x)") << "a name of the user's own";
}

TEST(Problems, PrintsAPlaceBeyondTheFile) {
  Problems problems("p.yaml", "a\n");
  problems.error({9, 9}, "gone");
  EXPECT_EQ(problems.render(), "p.yaml:9:9: error: gone\n    9 | \n      | ^\n");
}

}  // namespace
}  // namespace weir
