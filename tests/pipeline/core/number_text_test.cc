#include "pipeline/core/number_text.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace weir {
namespace {

std::string written(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

double any_double(std::mt19937_64& random) {
  double value;
  do {
    const std::uint64_t bits = random();
    std::memcpy(&value, &bits, sizeof value);
  } while (!std::isfinite(value));
  return value;
}

TEST(WriteNumber, WritesWholeNumbersBelowTwoToThe53AsIntegers) {
  EXPECT_EQ(written(0), "0");
  EXPECT_EQ(written(-0.0), "0");
  EXPECT_EQ(written(-12), "-12");
  EXPECT_EQ(written(9007199254740991), "9007199254740991");
  EXPECT_EQ(written(1e15), "1000000000000000");
  EXPECT_EQ(written(9007199254740992), "9007199254740992");
  EXPECT_EQ(written(1e300), "1e+300");
}

TEST(WriteNumber, WritesTheShortestTextElse) {
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(-12.34), "-12.34");
  EXPECT_EQ(written(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(written(1e-7), "1e-07");
  EXPECT_EQ(written(0.0001), "1e-04");
  EXPECT_EQ(written(0.05), "0.05");
  EXPECT_EQ(written(5e-324), "5e-324");
  EXPECT_EQ(written(-std::numeric_limits<double>::max()), "-1.7976931348623157e+308");
}

TEST(WriteNumber, IsToCharsByteForByteAndReadsBackToTheSameDouble) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 1'000'000; ++i) {
    double value = 0;
    switch (i % 4) {
      case 0:
        value = any_double(random);
        break;
      case 1:  // few decimals
        value = static_cast<double>(static_cast<std::int64_t>(random() % 2'000'000'000) -
                                    1'000'000'000) /
                std::pow(10, random() % 9);
        break;
      case 2:
        value = static_cast<double>(random() >> 11) * 0x1p-53;
        break;
      default:  // a neighbour of a number with few decimals
        value =
            std::nextafter(static_cast<double>(random() % 100'000'000) / 1e4, random() % 2 * 1e9);
    }
    if (std::fabs(value) < 0x1p53 && value == std::trunc(value)) continue;
    char expected[32];
    const auto end = std::to_chars(expected, expected + sizeof expected, value).ptr;
    const std::string text = written(value);
    ASSERT_EQ(text, std::string(expected, end));
    const double back = std::strtod(text.c_str(), nullptr);
    ASSERT_EQ(std::memcmp(&back, &value, sizeof back), 0) << text;
  }
}

TEST(WholeNumber, IsDigitsAlone) {
  EXPECT_EQ(read_whole_number("0"), 0u);
  EXPECT_EQ(read_whole_number("4096"), 4096u);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "99999999999999999999"})
    EXPECT_FALSE(read_whole_number(text)) << text;
}

}  // namespace
}  // namespace weir
