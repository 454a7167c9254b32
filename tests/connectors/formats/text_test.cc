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

std::string time(std::string_view text) {
  double value = -1;
  const Parsed parsed = parse_time(text, value);
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

TEST(ParseTime, TakesTheFormsOfRfc3339) {
  EXPECT_EQ(time("1970-01-01T00:00:00Z"), "0");
  EXPECT_EQ(time("2024-05-06T07:08:09.123Z"), "1714979289123");
  EXPECT_EQ(time("2024-05-06 07:08:09.123456789"), "1714979289123");
  EXPECT_EQ(time("2024-05-06t07:08:09.1z"), "1714979289100");
  EXPECT_EQ(time("2024/05/06 07:08"), "1714979280000");
  EXPECT_EQ(time("2024-05-06T07:08Z"), "1714979280000");
  EXPECT_EQ(time("2024-05-06T09:08:09+02:00"), "1714979289000");
  EXPECT_EQ(time("2024-05-06T01:38:09-05:30"), "1714979289000");
  EXPECT_EQ(time("2016-12-31T23:59:60Z"), "1483228800000");
  EXPECT_EQ(time("2024-02-29T00:00:00Z"), "1709164800000");
  EXPECT_EQ(time("1900-01-01T00:00:00Z"), "-2208988800000");
  EXPECT_EQ(time("2200-12-31T23:59:59.999Z"), "7289654399999");
}

TEST(ParseTime, RefusesEverythingElse) {
  for (std::string_view text : {"",
                                "2024",
                                "2024-05-06",
                                "2024-05-06T",
                                "2024-5-6T07:08:09Z",
                                "2024-05/06T07:08:09Z",
                                "2024-05-06T7:08:09Z",
                                "2024-05-06T07:08:09.Z",
                                "2024-05-06T24:00:00Z",
                                "2024-05-06T07:60:00Z",
                                "2024-05-06T07:08:61Z",
                                "2024-13-01T00:00:00Z",
                                "2023-02-29T00:00:00Z",
                                "1900-02-29T00:00:00Z",
                                "2024-00-10T00:00:00Z",
                                "2024-05-06T07:08:09+0200",
                                "2024-05-06T07:08:09+24:00",
                                "2024-05-06T07:08:09 Z",
                                "2024-05-06T07:08:09ZZ",
                                "2024-05-06  07:08:09",
                                "24-05-06T07:08:09Z",
                                "now"})
    EXPECT_EQ(time(text), "malformed") << text;
  EXPECT_EQ(time("1899-12-31T23:59:59.999Z"), "out of range");
  EXPECT_EQ(time("2201-01-01T00:00:00Z"), "out of range");
  EXPECT_EQ(time("2200-12-31T23:59:59-01:00"), "out of range");
}

}  // namespace
}  // namespace weir
