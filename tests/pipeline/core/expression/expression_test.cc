#include "pipeline/core/expression/expression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "pipeline/core/arena.h"

namespace weir {
namespace {

const Schema kSchema{{{"a", Type::number},
                      {"b", Type::number},
                      {"yes", Type::boolean},
                      {"no", Type::boolean},
                      {"name", Type::text},
                      {"other", Type::text},
                      {"ts", Type::time},
                      {"tx-1h", Type::number},
                      {"amount", Type::number}}};

// 2024-02-29T13:45:00Z, a Thursday.
constexpr double kTime = 1709214300000;

/// One row over kSchema, and what an expression makes of it.
struct Row {
  double a = 3, b = 4, yes = 1, no = 0;
  std::string_view name = "Anna", other = "bob";
  double ts = kTime, tx = 7, amount = 10;
};

Expression compiled(std::string_view text) {
  auto result = compile_expression(text, kSchema);
  if (auto* error = std::get_if<ExpressionError>(&result)) {
    ADD_FAILURE() << text << ": " << error->column << ": " << error->message;
    std::exit(1);
  }
  return std::get<Expression>(result);
}

struct Outcome {
  double number = kMissing;
  std::string text;
  bool missing = false;
  std::uint64_t invalid = 0;
};

Outcome evaluated(std::string_view text, const Row& row = {}) {
  const Expression expression = compiled(text);
  std::vector<Column> columns(kSchema.size());
  columns[0] = &row.a;
  columns[1] = &row.b;
  columns[2] = &row.yes;
  columns[3] = &row.no;
  columns[4] = &row.name;
  columns[5] = &row.other;
  columns[6] = &row.ts;
  columns[7] = &row.tx;
  columns[8] = &row.amount;
  Arena arena;
  Outcome outcome;
  const Column column = expression.evaluate(columns, 1, arena, outcome.invalid);
  if (expression.type() == Type::text) {
    outcome.missing = is_missing(column.texts()[0]);
    outcome.text = column.texts()[0];
  } else {
    outcome.missing = is_missing(column.numbers()[0]);
    outcome.number = column.numbers()[0];
  }
  return outcome;
}

double number(std::string_view text, const Row& row = {}) { return evaluated(text, row).number; }
std::string text(std::string_view expression) { return evaluated(expression).text; }

std::string mistake(std::string_view text) {
  const auto result = compile_expression(text, kSchema);
  const auto* error = std::get_if<ExpressionError>(&result);
  return error ? std::to_string(error->column) + ": " + error->message : "no mistake";
}

const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Expression, BindsMultiplicationTighterThanAddition) {
  EXPECT_EQ(number("1 + 2 * 3"), 7);
  EXPECT_EQ(number("(1 + 2) * 3"), 9);
  EXPECT_EQ(number("a + b * a"), 15);
  EXPECT_EQ(number("-a * b"), -12);
  EXPECT_EQ(number("2 - 3 - 4"), -5);
  EXPECT_EQ(number("a / b / 2"), 0.375);
  EXPECT_EQ(number("7 % 4"), 3);
  EXPECT_EQ(number("-7 % 4"), -3);
}

TEST(Expression, BindsNotBetweenAndAndComparison) {
  EXPECT_EQ(number("not a == b"), 1);
  EXPECT_EQ(number("not no and no"), 0);
  EXPECT_EQ(number("yes or no and no"), 1);
  EXPECT_EQ(number("not (yes or no)"), 0);
  EXPECT_EQ(number("a + 1 >= b and b > a"), 1);
}

TEST(Expression, MissingOperandsGiveAMissingResultThatIsNotInvalid) {
  for (const char* text : {"a + b", "a - b", "a * b", "a / b", "a % b", "a > b", "a == b",
                           "pow(a, b)", "log(a)", "-a", "min(a, b)", "max(b, a)", "clamp(b, a, 5)",
                           "floor(a)", "round(a)", "hash(a)", "if(a > 0, b, b)"}) {
    const Outcome outcome = evaluated(text, {.a = kNan});
    EXPECT_TRUE(outcome.missing) << text;
    EXPECT_EQ(outcome.invalid, 0u) << text;
  }
}

TEST(Expression, AndAndOrAreThreeValued) {
  const Row unknown{.yes = kNan};
  EXPECT_EQ(number("yes and no", unknown), 0);
  EXPECT_EQ(number("no and yes", unknown), 0);
  EXPECT_TRUE(std::isnan(number("yes and not no", unknown)));
  EXPECT_EQ(number("yes or not no", unknown), 1);
  EXPECT_EQ(number("not no or yes", unknown), 1);
  EXPECT_TRUE(std::isnan(number("yes or no", unknown)));
  EXPECT_TRUE(std::isnan(number("not yes", unknown)));
}

TEST(Expression, NeverGivesAnInfiniteResultAndCountsIt) {
  for (const char* text : {"a / 0", "0 / 0", "a % 0", "log(0)", "log(-a)", "log1p(-1)", "exp(1000)",
                           "sqrt(-a)", "pow(0, -1)", "1e308 * 10", "1e308 + 1e308"}) {
    const Outcome outcome = evaluated(text);
    EXPECT_TRUE(outcome.missing) << text;
    EXPECT_EQ(outcome.invalid, 1u) << text;
  }
}

TEST(Expression, AGuardKeepsInvalidOperationsFromBeingCounted) {
  EXPECT_EQ(evaluated("if(a > 5, log(-a), 0)").invalid, 0u);
  EXPECT_EQ(evaluated("if(a < 5, log(-a), 0)").invalid, 1u);
  EXPECT_EQ(evaluated("no and 1 / 0 > 2").invalid, 0u);
  EXPECT_EQ(evaluated("yes or 1 / 0 > 2").invalid, 0u);
  EXPECT_EQ(evaluated("coalesce(a, b / 0)").invalid, 0u);
  EXPECT_EQ(evaluated("coalesce(a, b / 0)", {.a = kNan}).invalid, 1u);
}

TEST(Expression, ComputesTheNumberFunctions) {
  EXPECT_EQ(number("abs(-3)"), 3);
  EXPECT_EQ(number("min(a, b, 1)"), 1);
  EXPECT_EQ(number("max(a, b, 1)"), 4);
  EXPECT_EQ(number("clamp(9, 1, b)"), 4);
  EXPECT_EQ(number("clamp(-9, 1, b)"), 1);
  EXPECT_EQ(number("floor(-1.5)"), -2);
  EXPECT_EQ(number("round(2.5)"), 3);
  EXPECT_EQ(number("round(-2.5)"), -3);
  EXPECT_EQ(number("sqrt(16)"), 4);
  EXPECT_EQ(number("pow(2, 10)"), 1024);
  EXPECT_NEAR(number("log(a)"), 1.0986122886681098, 1e-15);
  EXPECT_NEAR(number("exp(1)"), 2.718281828459045, 1e-15);
  EXPECT_NEAR(number("log1p(amount)"), 2.3978952727983707, 1e-15);
}

TEST(Expression, ComputesTheTextFunctions) {
  EXPECT_EQ(text("lower(name)"), "anna");
  EXPECT_EQ(text("concat(name, ' + ', other)"), "Anna + bob");
  EXPECT_EQ(number("contains(name, 'nn')"), 1);
  EXPECT_EQ(number("starts_with(name, \"nn\")"), 0);
  EXPECT_EQ(text("substr(name, 1, 2)"), "nn");
  EXPECT_EQ(text("substr(name, 2)"), "na");
  EXPECT_EQ(text("substr(name, 9)"), "");
  EXPECT_FALSE(evaluated("substr(name, 9)").missing);
  EXPECT_EQ(number("length('größe')"), 5);
  EXPECT_EQ(text("substr('größe', 2, 2)"), "öß");
  EXPECT_EQ(text("'it\\'s'"), "it's");
  EXPECT_EQ(number("name < other"), 1);
  EXPECT_EQ(number("'b' < 'a'"), 0);
  EXPECT_EQ(number("'a' < 'ab'"), 1);
  EXPECT_EQ(number("name != 'Anna'"), 0);
}

TEST(Expression, AnEmptyTextIsNotMissing) {
  EXPECT_EQ(number("is_missing('')"), 0);
  EXPECT_EQ(number("is_missing(name)", {.name = {}}), 1);
  EXPECT_EQ(number("is_missing(name)", {.name = ""}), 0);
  EXPECT_TRUE(evaluated("concat(name, other)", {.name = {}}).missing);
  EXPECT_TRUE(evaluated("name == other", {.name = {}}).missing);
  EXPECT_EQ(text("concat('', '')"), "");
  EXPECT_FALSE(evaluated("concat('', '')").missing);
}

TEST(Expression, CoalesceTakesTheFirstThatIsThere) {
  EXPECT_EQ(number("coalesce(a, b, 9)", {.a = kNan}), 4);
  EXPECT_EQ(number("coalesce(a, b, 9)", {.a = kNan, .b = kNan}), 9);
  EXPECT_EQ(number("coalesce(a, b)"), 3);
  EXPECT_EQ(evaluated("coalesce(name, other)", {.name = {}}).text, "bob");
}

TEST(Expression, ReckonsWithTimes) {
  EXPECT_EQ(number("ts - ts"), 0);
  EXPECT_EQ(compiled("ts - ts").type(), Type::number);
  EXPECT_EQ(compiled("ts + 5m").type(), Type::time);
  EXPECT_EQ(number("ts + 5m"), kTime + 300000);
  EXPECT_EQ(number("1h + ts"), kTime + 3600000);
  EXPECT_EQ(number("ts - 1d"), kTime - 86400000);
  EXPECT_EQ(number("ts < ts + 1ms"), 1);
  EXPECT_EQ(number("max(ts, ts + 1)"), kTime + 1);
  EXPECT_TRUE(evaluated("ts + 1e15").missing);
}

TEST(Expression, ReadsHourAndWeekdayInUtcOrAtAnOffset) {
  EXPECT_EQ(number("hour(ts)"), 13);
  EXPECT_EQ(number("hour(ts, 2)"), 15);
  EXPECT_EQ(number("hour(ts, '+05:30')"), 19);
  EXPECT_EQ(number("hour(ts, '-14:00')"), 23);
  EXPECT_EQ(number("weekday(ts)"), 3);
  EXPECT_EQ(number("weekday(ts, '-14:00')"), 2);
  EXPECT_EQ(number("weekday(ts)", {.ts = 0}), 3);
  EXPECT_EQ(number("weekday(ts)", {.ts = -1}), 2);
  EXPECT_EQ(number("hour(ts)", {.ts = -1}), 23);
}

TEST(Expression, HashIsAWholeNumberBelowTwoToThe53) {
  const double hash = number("hash(name)");
  EXPECT_EQ(hash, std::floor(hash));
  EXPECT_GE(hash, 0);
  EXPECT_LT(hash, 9007199254740992.0);
  EXPECT_NE(hash, number("hash(other)"));
  EXPECT_EQ(number("hash(0)"), number("hash(-0.0)"));
}

TEST(Expression, ReadsNamesWithHyphensInBackquotes) { EXPECT_EQ(number("`tx-1h` + 1"), 8); }

TEST(Expression, NamesTheFieldsItDependsOn) {
  EXPECT_EQ(compiled("b + a * b").fields(), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(compiled("1 + 2").fields(), std::vector<std::size_t>{});
}

TEST(Expression, KnowsItsType) {
  EXPECT_EQ(compiled("a > b").type(), Type::boolean);
  EXPECT_EQ(compiled("if(yes, name, other)").type(), Type::text);
  EXPECT_EQ(compiled("coalesce(ts, ts)").type(), Type::time);
}

TEST(Expression, SaysWhereAndWhatIsWrong) {
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

TEST(Expression, CountsColumnsInCharacters) {
  EXPECT_EQ(mistake("'größe' == nme"), "11: no field `nme`; did you mean `name`?");
}

TEST(Expression, RefusesWhatIsTooLongOrTooDeep) {
  EXPECT_EQ(mistake(std::string(5000, ' ')), "0: longer than 4096 characters");
  const std::string deep = std::string(100, '(') + "a" + std::string(100, ')');
  EXPECT_NE(mistake(deep).find("nested more than 64 deep"), std::string::npos);
  EXPECT_EQ(mistake(std::string(60, '(') + "a" + std::string(60, ')')), "no mistake");
}

TEST(Expression, GivesTheSameBitsInBatchesOfAnySize) {
  const Expression expression = compiled("if(yes, log1p(a) / b, pow(a, 0.3)) + hash(name) % 7");
  const std::size_t n = 1000;
  std::vector<double> a(n), b(n), yes(n);
  std::vector<std::string> texts(n);
  std::vector<std::string_view> names(n);
  for (std::size_t i = 0; i < n; ++i) {
    a[i] = static_cast<double>(i % 13);
    b[i] = static_cast<double>(i % 5);
    yes[i] = i % 3 == 0 ? kNan : static_cast<double>(i % 2);
    texts[i] = "n" + std::to_string(i % 50);
    names[i] = texts[i];
  }
  const auto run = [&](std::size_t step, std::uint64_t& invalid) {
    std::vector<double> out;
    Arena arena;
    for (std::size_t at = 0; at < n; at += step) {
      const std::size_t rows = std::min(step, n - at);
      std::vector<Column> columns(kSchema.size());
      columns[0] = a.data() + at;
      columns[1] = b.data() + at;
      columns[2] = yes.data() + at;
      columns[4] = names.data() + at;
      const Column column = expression.evaluate(columns, rows, arena, invalid);
      out.insert(out.end(), column.numbers(), column.numbers() + rows);
      arena.reset();
    }
    return out;
  };
  std::uint64_t whole_invalid = 0, cut_invalid = 0;
  const std::vector<double> whole = run(n, whole_invalid), cut = run(7, cut_invalid);
  EXPECT_EQ(whole_invalid, cut_invalid);
  EXPECT_GT(whole_invalid, 0u);
  EXPECT_EQ(std::memcmp(whole.data(), cut.data(), n * sizeof(double)), 0);
}

TEST(Expression, ListsEveryFunctionSortedByName) {
  const auto types = function_types();
  for (std::size_t i = 1; i < types.size(); ++i) EXPECT_LT(types[i - 1].name, types[i].name);
  for (const char* name :
       {"if",      "coalesce", "is_missing",  "log",    "log1p",  "exp",    "sqrt",
        "pow",     "abs",      "min",         "max",    "clamp",  "floor",  "round",
        "lower",   "contains", "starts_with", "concat", "substr", "length", "hour",
        "weekday", "hash",     "and",         "or",     "not"})
    EXPECT_TRUE(std::any_of(types.begin(), types.end(), [&](const FunctionType& type) {
      return type.name == name;
    })) << name;
}

}  // namespace
}  // namespace weir
