#include "tests/pipeline/core/expression/evaluated.h"

// What is reported of an expression that is wrong, and what to write instead.

namespace weir {
namespace {

using namespace expression_test;

TEST(ExpressionMistakes, ATextBesideATimeIsOne) {
  EXPECT_EQ(number("ts >= '1970-01-01T00:00:01Z'", {.ts = 1000}), 1);
  EXPECT_EQ(number("ts >= '1970-01-01T00:00:01Z'", {.ts = 999}), 0);
  EXPECT_EQ(number("'1970-01-01T00:00:01Z' == ts", {.ts = 1000}), 1);
  EXPECT_EQ(mistake("ts > 'soon'"),
            "5: `soon` is no time: write it as '2024-05-06T07:08:09Z'");
  EXPECT_EQ(mistake("ts > date('soon')"),
            "10: `soon` is no time: write it as '2024-05-06T07:08:09Z'");
  EXPECT_EQ(mistake("number('1,5') > 1"), "7: `1,5` is no number");
  EXPECT_EQ(mistake("ts > name"), "3: `>` compares values of one type, not time with text");
}

TEST(ExpressionMistakes, SaysWhatToWriteInsteadOfWordsOfOtherLanguages) {
  EXPECT_EQ(mistake("yes AND yes"), "4: unexpected `AND`: write `and`");
  EXPECT_EQ(mistake("NOT yes"), "0: no field `NOT`; write `not`");
  EXPECT_EQ(mistake("yes == True"), "7: no field `True`; write `true`");
  EXPECT_EQ(mistake("name IS NULL"),
            "5: unexpected `IS`: is_missing(x) asks for a missing value, not is_missing(x) for one "
            "that is there");
  EXPECT_EQ(mistake("name == None"),
            "8: no field `None`; is_missing(x) asks for a missing value, not is_missing(x) for one "
            "that is there");
  EXPECT_EQ(mistake("name in ('a', 'b')"), "5: unexpected `in`: write `x == 'a' or x == 'b'`");
  EXPECT_EQ(mistake("a between 1 and 2"),
            "2: unexpected `between`: write `x >= low and x <= high`");
  EXPECT_EQ(mistake("name like 'a%'"),
            "5: unexpected `like`: write contains(text, part) or starts_with(text, part)");
  EXPECT_EQ(mistake("a > 1 ? 1 : 0"), "6: write if(condition, a, b) for `condition ? a : b`");
  EXPECT_EQ(mistake("a // 2"), "2: write floor(a / b) for `//`");
  EXPECT_EQ(mistake("len(name)"), "0: no function `len`; write length(text)");
  EXPECT_EQ(mistake("IFNULL(a, 0)"), "0: no function `IFNULL`; write coalesce(a, b)");
  EXPECT_EQ(mistake("LOG(a)"), "0: no function `LOG`; did you mean `log`?");
  EXPECT_EQ(mistake("float(name)"), "0: no function `float`; write number(text)");
  EXPECT_EQ(mistake("now() - ts").substr(0, 24), "0: no function `now`; wr");
}

TEST(ExpressionMistakes, ANameInAnotherCaseIsTheNearest) {
  EXPECT_EQ(mistake("Amount * 2"), "0: no field `Amount`; did you mean `amount`?");
  EXPECT_EQ(mistake("YES"), "0: no field `YES`; did you mean `yes`?");
}

TEST(ExpressionMistakes, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(mistake("amout * 2"), "0: no field `amout`; did you mean `amount`?");
  EXPECT_EQ(mistake("1 + lgo(a)"), "4: no function `lgo`; did you mean `log`?");
  EXPECT_EQ(mistake("log + 1"), "0: no field `log`; it is a function: log(...)");
  EXPECT_EQ(mistake("name == US"), "8: no field `US` (a text needs quotes: 'US')");
  EXPECT_EQ(mistake("tx-1h > 3"), "0: a name with a hyphen needs backquotes: `tx-1h`");
  EXPECT_EQ(mistake("a = b"), "2: write `==` to compare");
  EXPECT_EQ(mistake("yes && no"), "4: write `and` for `&&`");
  EXPECT_EQ(mistake("yes || no"), "4: write `or` for `||`");
  EXPECT_EQ(mistake("!yes"), "0: write `not` for `!`");
  EXPECT_EQ(mistake("a ** 2"), "2: write pow(a, b) for `**`");
  EXPECT_EQ(mistake("\"eu\" + name"), "5: use concat(a, b) to join texts, not `+`");
  EXPECT_EQ(
      mistake("a + yes"),
      "2: `+` needs numbers, not number and boolean; if(x, 1, 0) makes a number of a boolean");
  EXPECT_EQ(mistake("name > 3"), "5: `>` compares values of one type, not text with number");
  EXPECT_EQ(mistake("yes < no"), "4: booleans have no order: use `==` or `!=`");
  EXPECT_EQ(mistake("1 < a < 3"), "6: comparisons do not chain: write `a < b and b < c`");
  EXPECT_EQ(mistake("a and yes"), "0: `and` needs booleans; this is a number");
  EXPECT_EQ(mistake("if(a, 1, 2)"), "3: argument 1 of if must be boolean, not number");
  EXPECT_EQ(mistake("if(yes, 1, name)"),
            "11: argument 3 of if must be number like the others, not text");
  EXPECT_EQ(mistake("log(a, b)"), "0: log takes 1 argument, not 2");
  EXPECT_EQ(mistake("min(a)"), "0: min takes at least 2 arguments, not 1");
  EXPECT_EQ(mistake("hour()"), "0: hour takes 1 or 2 arguments, not 0");
  EXPECT_EQ(mistake("hour(ts, 5m)"),
            "9: the offset of hour is fixed: hours from -18 to 18, or a text like '+05:30'");
  EXPECT_EQ(mistake("a +"), "3: the expression ends where a value is missing");
  EXPECT_EQ(mistake(""), "0: the expression is empty");
  EXPECT_EQ(mistake("(a"), "2: expected `)` to close the bracket");
  EXPECT_EQ(mistake("a b"), "2: unexpected `b`");
  EXPECT_EQ(mistake("5x"), "1: `x` after a number: a duration ends with ms, s, m, h or d (`5m`)");
  EXPECT_EQ(mistake("'abc"), "0: this text has no closing '");
  EXPECT_EQ(mistake("a, b"),
            "1: unexpected `,`: commas separate the arguments of a function only");
  EXPECT_EQ(mistake("ts + ts"),
            "3: a time takes `+` and `-` with a number of ms (or `5m`), and `-` "
            "between times; here are time and time");
  EXPECT_EQ(mistake("-name"), "0: `-` needs a number, not a text");
}

TEST(ExpressionMistakes, CountsColumnsInCharacters) {
  EXPECT_EQ(mistake("'größe' == nme"), "11: no field `nme`; did you mean `name`?");
}

TEST(ExpressionMistakes, RefusesWhatIsTooLongOrTooDeep) {
  EXPECT_EQ(mistake(std::string(5000, ' ')), "0: longer than 4096 characters");
  const std::string deep = std::string(100, '(') + "a" + std::string(100, ')');
  EXPECT_NE(mistake(deep).find("nested more than 64 deep"), std::string::npos);
  EXPECT_EQ(mistake(std::string(60, '(') + "a" + std::string(60, ')')), "no mistake");
}

}  // namespace
}  // namespace weir
