#include "connectors/formats/text.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace weir {
namespace {

std::string shown(Parsed parsed, double value) {
  if (parsed == Parsed::malformed) return "malformed";
  if (parsed == Parsed::out_of_range) return "out of range";
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string number(std::string_view text) {
  double value = -1;
  const Parsed parsed = parse_number(text, value);
  return shown(parsed, value);
}

std::string json_number(std::string_view text) {
  double value = -1;
  const Parsed parsed = parse_json_number(text, value);
  return shown(parsed, value);
}

double any_double(std::mt19937_64& random) {
  double value;
  do {
    const std::uint64_t bits = random();
    std::memcpy(&value, &bits, sizeof value);
  } while (!std::isfinite(value));
  return value;
}

TEST(ParseNumber, TakesDecimalsAndNothingElse) {
  EXPECT_EQ(number("007"), "7");
  EXPECT_EQ(number("-0"), "-0");
  EXPECT_EQ(number(".5"), "0.5");
  EXPECT_EQ(number("5."), "5");
  EXPECT_EQ(number("1e+2"), "100");
  EXPECT_EQ(number("0e99999999999999999999"), "0");
  for (std::string_view text : {"", "-", ".", "e5", "1e", "1e+", "+1", "1 ", " 1", "0x10", "1,5",
                                "1_000", "--1", "1.2.3", "1e2.5", "nano", "inf1", "na", "+inf"})
    EXPECT_EQ(number(text), "malformed") << text;
  for (std::string_view text :
       {"nan", "NaN", "-nan", "inf", "-Infinity", "1e309", "-2e308", "1e99999999999999999999"})
    EXPECT_EQ(number(text), "out of range") << text;
}

TEST(ParseNumber, HoldsJsonToItsGrammar) {
  for (std::string_view text : {"007", ".5", "5.", "-.5", "-01", "00", "nan", "inf", "+1"})
    EXPECT_EQ(json_number(text), "malformed") << text;
  EXPECT_EQ(json_number("0"), "0");
  EXPECT_EQ(json_number("-0.0"), "-0");
  EXPECT_EQ(json_number("10.50e-1"), "1.05");
  EXPECT_EQ(json_number("1e400"), "out of range");
}

TEST(ParseNumber, MakesZeroOfWhatIsTooSmall) {
  EXPECT_EQ(number("1e-400"), "0");
  EXPECT_EQ(number("-1e-99999999999999999999"), "-0");
  EXPECT_EQ(number("0." + std::string(400, '0') + "1"), "0");
  EXPECT_EQ(number(std::string(310, '9')), "out of range");
  EXPECT_EQ(number("0." + std::string(400, '0') + "1e401"), "1");
}

TEST(ParseNumber, AgreesWithFromCharsOnEveryKindOfNumber) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 300'000; ++i) {
    const double value = any_double(random);
    char text[64];
    const int digits = static_cast<int>(random() % 20);
    const char* const formats[] = {"%.*g", "%.*e", "%.*f"};
    const bool moderate = std::fabs(value) < 1e25 && std::fabs(value) > 1e-25;
    std::snprintf(text, sizeof text, formats[random() % (moderate ? 3 : 2)], digits, value);
    double expected = -1, got = -2;
    const char* const end = text + std::strlen(text);
    if (std::from_chars(text, end, expected).ec != std::errc{}) continue;
    ASSERT_EQ(parse_number(text, got), Parsed::ok) << text;
    ASSERT_EQ(std::memcmp(&expected, &got, sizeof got), 0) << text;
  }
}

TEST(IsNotFinite, TakesTheNamesThatProgramsWrite) {
  for (std::string_view text : {"NaN", "nan", "NAN", "-nan", "inf", "+inf", "-Infinity"})
    EXPECT_TRUE(is_not_finite(text)) << text;
  for (std::string_view text : {"", "-", "NA", "nano", "infinit", "NaT", "1e999", "in"})
    EXPECT_FALSE(is_not_finite(text)) << text;
}

TEST(ReadBooleanWord, TakesTheWordsOfPandasRAndExcelInAnyCase) {
  for (std::string_view text : {"True", "TRUE", "true", "T", "t", "yes", "YES", "Y", "on"}) {
    bool value = false;
    EXPECT_TRUE(read_boolean_word(text, value) && value) << text;
  }
  for (std::string_view text : {"False", "FALSE", "F", "No", "n", "OFF"}) {
    bool value = true;
    EXPECT_TRUE(read_boolean_word(text, value) && !value) << text;
  }
  bool value = false;
  for (std::string_view text : {"", "tru", "truex", "1", "0", "none", "yess"})
    EXPECT_FALSE(read_boolean_word(text, value)) << text;
}

}  // namespace
}  // namespace weir
