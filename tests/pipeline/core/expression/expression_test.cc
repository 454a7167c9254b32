#include "pipeline/core/expression/expression.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/pipeline/core/expression/evaluated.h"

namespace weir {
namespace {

using namespace expression_test;

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

TEST(Expression, ReadsDayMonthAndYear) {
  EXPECT_EQ(number("year(ts)", {.ts = 0}), 1970);
  EXPECT_EQ(number("month(ts)", {.ts = 0}), 1);
  EXPECT_EQ(number("day(ts)", {.ts = 0}), 1);
  EXPECT_EQ(number("year(ts)", {.ts = -1}), 1969);
  EXPECT_EQ(number("month(ts, -1)", {.ts = 0}), 12);
  EXPECT_EQ(number("day(ts, '-00:30')", {.ts = 0}), 31);
  EXPECT_EQ(number("day(date('2024-02-29T23:00:00Z'))"), 29);
  EXPECT_EQ(number("day(date('2024-02-29T23:00:00Z'), 1)"), 1);
  EXPECT_EQ(number("month(date('2024-02-29T23:00:00Z'), 1)"), 3);
}

TEST(Expression, ReadsTextsThatAreNumbersOrTimes) {
  EXPECT_EQ(number("number('12.5')"), 12.5);
  EXPECT_EQ(number("number(name)", {.name = "-1e3"}), -1000);
  EXPECT_EQ(number("number(name)", {.name = "+7"}), 7);
  for (const char* none : {"", "12 ", "x", "1,5", "inf", "nan", "+-3", "0x10"})
    EXPECT_TRUE(evaluated("number(name)", {.name = none}).missing) << none;
  EXPECT_EQ(compiled("date(name)").type(), Type::time);
  EXPECT_EQ(number("date('1970-01-01T00:00:01Z')"), 1000);
  EXPECT_EQ(number("date(name)", {.name = "1970-01-02T00:00:00Z"}), 86400000);
  EXPECT_TRUE(evaluated("date(name)", {.name = "tomorrow"}).missing);
  EXPECT_TRUE(evaluated("date(name)", {.name = {}}).missing);
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
        "weekday", "hash",     "and",         "or",     "not",    "date",   "day",
        "month",   "year",     "number"})
    EXPECT_TRUE(std::any_of(types.begin(), types.end(), [&](const FunctionType& type) {
      return type.name == name;
    })) << name;
}

}  // namespace
}  // namespace weir
