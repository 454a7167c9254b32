#include "pipeline/options/option_values.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace weir {
namespace {

YamlNode scalar(std::string text, bool plain = true) {
  YamlNode node;
  node.text = std::move(text);
  node.plain = plain;
  node.place = {3, 7};
  return node;
}

double number(const std::string& text) {
  const auto value = typed_scalar(scalar(text));
  const double* found = std::get_if<double>(&value);
  return found ? *found : std::numeric_limits<double>::quiet_NaN();
}

bool is_text(const std::string& text, bool plain = true) {
  return std::holds_alternative<std::string>(typed_scalar(scalar(text, plain)));
}

TEST(TypedScalar, FollowsTheCoreSchemaOfYaml12) {
  EXPECT_TRUE(is_text("NO"));
  EXPECT_TRUE(is_text("yes"));
  EXPECT_TRUE(is_text("on"));
  EXPECT_EQ(number("010"), 10);
  EXPECT_EQ(number("0o10"), 8);
  EXPECT_EQ(number("0x1F"), 31);
  EXPECT_EQ(number("-1.5e3"), -1500);
  EXPECT_EQ(number("+12"), 12);
  EXPECT_EQ(number(".5"), 0.5);
  EXPECT_EQ(number("1."), 1);
  EXPECT_EQ(number("-.inf"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(number("1e999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(number("1e-999"), 0);
  EXPECT_TRUE(std::holds_alternative<bool>(typed_scalar(scalar("True"))));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(typed_scalar(scalar("~"))));
}

TEST(TypedScalar, IsATextInQuotesOrWithAnythingAfterTheNumber) {
  EXPECT_TRUE(is_text("5", false));
  EXPECT_TRUE(is_text("null", false));
  for (const char* text :
       {"1_000", "5s", "1:30", "0x", "e5", ".", "+", "1e", "1.2.3", "- 1", "2026-01-01"})
    EXPECT_TRUE(is_text(text)) << text;
}

TEST(Duration, IsAWholeNumberAndItsUnit) {
  EXPECT_EQ(parse_duration("250ms")->ms, 250);
  EXPECT_EQ(parse_duration("30s")->ms, 30'000);
  EXPECT_EQ(parse_duration("5m")->ms, 300'000);
  EXPECT_EQ(parse_duration("1h")->ms, 3'600'000);
  EXPECT_EQ(parse_duration("7d")->ms, 604'800'000);
  for (const char* text :
       {"", "s", "30", "30 s", "-5s", "1.5h", "1w", "1h30m", "99999999999999999999s", "99999999d"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Duration, ReadsBackAsItWasWritten) {
  for (const std::int64_t ms : {0L, 1L, 999L, 1'000L, 1'500L, 60'000L, 5'400'000L, 86'400'000L})
    EXPECT_EQ(parse_duration(format_duration({ms}))->ms, ms);
  EXPECT_EQ(format_duration({5'400'000}), "90m");
}

TEST(ParseDateOrTime, TakesTheFormsOfTheLanguageToTheMillisecond) {
  const std::int64_t noon = 1'769'860'800'000;  // 2026-01-31T12:00Z
  const std::vector<std::pair<const char*, std::int64_t>> times = {
      {"2026-01-31", noon - 43'200'000},
      {"2026/01/31", noon - 43'200'000},
      {"2026-01-31T12:00", noon},
      {"2026/01/31 12:00:05.25", noon + 5'250},
      {"2026-01-31T12:00:05Z", noon + 5'000},
      {"2026-01-31T12:00:05.0019Z", noon + 5'001},
      {"2026-01-31T17:30:05.5+05:30", noon + 5'500},
      {"2026-01-31T09:00-03:00", noon},
      {"2026-01-31 12:00:05,25 UTC", noon + 5'250},
      {"2026-01-31T14:00+02", noon},
      {"2026-01", noon - 43'200'000 - 30 * 86'400'000LL},
      {"1969-12-31T23:59:59.999Z", -1},
  };
  for (const auto& [text, ms] : times) EXPECT_EQ(parse_date_or_time(text), ms) << text;
}

TEST(ParseDateOrTime, RefusesEverythingElse) {
  for (const char* text :
       {"", "2026", "2026-13-01", "2026-02-30", "2026-01-31T", "2026-01-31T25:00", "26-01-31",
        "2026-01-31T12:00:05+5", "2026-01-31T12:00:05.Z", "2026-01-31 ", "yesterday", "1800-01-01",
        "1899-12-31", "2201-01-01", "1900-01-01T00:00+01:00"})
    EXPECT_FALSE(parse_date_or_time(text)) << text;
}

}  // namespace
}  // namespace weir
