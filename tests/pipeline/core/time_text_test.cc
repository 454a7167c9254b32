#include "pipeline/core/time_text.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

namespace weir {
namespace {

constexpr std::int64_t kSecond = 1'714'979'289'000;  // 2024-05-06T07:08:09Z

using Cases = std::vector<std::pair<std::string_view, std::int64_t>>;

TEST(ReadTime, TakesTheFormsOfRfc3339) {
  for (const auto& [text, ms] : Cases{{"1970-01-01T00:00:00Z", 0},
                                      {"2024-05-06T07:08:09.123Z", kSecond + 123},
                                      {"2024-05-06 07:08:09.123456789", kSecond + 123},
                                      {"2024-05-06t07:08:09.1z", kSecond + 100},
                                      {"2024/05/06 07:08", kSecond - 9'000},
                                      {"2024-05-06T07:08Z", kSecond - 9'000},
                                      {"2024-05-06T09:08:09+02:00", kSecond},
                                      {"2024-05-06T01:38:09-05:30", kSecond},
                                      {"2016-12-31T23:59:60Z", 1'483'228'800'000},
                                      {"2024-02-29T00:00:00Z", 1'709'164'800'000},
                                      {"1900-01-01T00:00:00Z", -2'208'988'800'000},
                                      {"2200-12-31T23:59:59.999Z", 7'289'654'399'999}})
    EXPECT_EQ(read_time(text), ms) << text;
}

TEST(ReadTime, TakesTheFormsOfPostgresJacksonLog4jAndBigQuery) {
  for (const auto& [text, ms] : Cases{{"2024-05-06 07:08:09+00", kSecond},
                                      {"2024-05-06 04:08:09.5-03", kSecond + 500},
                                      {"2024-05-06T07:08:09.123+0000", kSecond + 123},
                                      {"2024-05-06T12:38:09+0530", kSecond},
                                      {"2024-05-06 07:08:09,123", kSecond + 123},
                                      {"2024-05-06T07:08:09,5Z", kSecond + 500},
                                      {"2024-05-06 07:08:09 +00:00", kSecond},
                                      {"2024-05-06 09:08:09 +0200", kSecond},
                                      {"2024-05-06 07:08:09 UTC", kSecond},
                                      {"2024-05-06 07:08:09 utc", kSecond},
                                      {"2024-05-06 07:08:09.25 GMT", kSecond + 250},
                                      {"2024-05-06 07:08:09UTC", kSecond},
                                      {"2024-05-06T07:08:09 Z", kSecond},
                                      {"20240506T070809Z", kSecond},
                                      {"20240506T070809.5+00", kSecond + 500},
                                      {"20240506T0708", kSecond - 9'000}})
    EXPECT_EQ(read_time(text), ms) << text;
}

TEST(ReadTime, TakesADateAndAMonthAlone) {
  EXPECT_EQ(read_time("2024-05-06"), 1'714'953'600'000);
  EXPECT_EQ(read_time("2024/05/06"), 1'714'953'600'000);
  EXPECT_EQ(read_time("2024-05"), 1'714'521'600'000);
}

TEST(ReadTime, TakesATextWithoutAZoneAsAheadByTheOffset) {
  constexpr std::int64_t kTwoHours = 7'200'000;
  EXPECT_EQ(read_time("2024-05-06T09:08:09", kTwoHours), kSecond);
  EXPECT_EQ(read_time("2024-05-06", kTwoHours), 1'714'953'600'000 - kTwoHours);
  EXPECT_EQ(read_time("2024-05-06T07:08:09Z", kTwoHours), kSecond);
  EXPECT_EQ(read_time("2024-05-06T08:08:09+01", kTwoHours), kSecond);
}

TEST(ReadTime, RefusesEverythingElse) {
  for (std::string_view text :
       {"", "2024", "20240506", "2024/05", "2024-5", "2024-05-", "2024-05-06T", "2024-05-06 ",
        "2024-05-06Z", "2024-5-6T07:08:09Z", "2024-05/06T07:08:09Z", "2024-05-06T7:08:09Z",
        "2024-05-06T07:08:09.Z", "2024-05-06T07:08:09,", "2024-05-06T24:00:00Z",
        "2024-05-06T07:60:00Z", "2024-05-06T07:08:61Z", "2024-13-01T00:00:00Z", "2024-13",
        "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2024-00-10T00:00:00Z", "2024-05-06T07:08:09+2", "2024-05-06T07:08:09+020",
        "2024-05-06T07:08:09+02:0", "2024-05-06T07:08:09+24:00", "2024-05-06T07:08:09  Z",
        "2024-05-06T07:08:09 ", "2024-05-06T07:08:09ZZ", "2024-05-06T07:08:09 CET",
        "2024-05-06  07:08:09", "24-05-06T07:08:09Z", "2024-W29-1T00:00:00Z", "15/07/2024 12:34:56",
        "07/15/2024 12:34", "20240506T07:08:09Z", "2024-05-06T070809Z", "NaT", "now"})
    EXPECT_FALSE(read_time(text)) << text;
}

TEST(ReadEpoch, IsExactInEveryUnit) {
  EXPECT_EQ(read_epoch("1721054790", 3), 1'721'054'790'000);
  EXPECT_EQ(read_epoch("1721054790.123", 3), 1'721'054'790'123);
  EXPECT_EQ(read_epoch("1721054790.1239999", 3), 1'721'054'790'123);
  EXPECT_EQ(read_epoch("1721054790123.7", 0), 1'721'054'790'123);
  EXPECT_EQ(read_epoch("1721054790123456", -3), 1'721'054'790'123);
  EXPECT_EQ(read_epoch("1721054790122999999", -6), 1'721'054'790'122);  // a double rounds it up
  EXPECT_EQ(read_epoch("1721054790123000000", -6), 1'721'054'790'123);
  EXPECT_EQ(read_epoch("1.721054790123e9", 3), 1'721'054'790'123);
  EXPECT_EQ(read_epoch("17210547901230e-1", 0), 1'721'054'790'123);
  EXPECT_EQ(read_epoch("0.000000000000001e15", 3), 1'000);
  EXPECT_EQ(read_epoch("0e999999999999", 0), 0);
  EXPECT_EQ(read_epoch("1e-999999999999", 0), 0);
  EXPECT_EQ(read_epoch(".5", 3), 500);
}

TEST(ReadEpoch, CutsPartsOfAMillisecondTowardsThePast) {
  EXPECT_EQ(read_epoch("-1.5", 0), -2);
  EXPECT_EQ(read_epoch("-1.0", 0), -1);
  EXPECT_EQ(read_epoch("-0.0004", 3), -1);
  EXPECT_EQ(read_time("1969-12-31T23:59:59.9996Z"), -1);
}

TEST(ReadEpoch, RefusesWhatNoTimeCanBe) {
  for (std::string_view text : {"", "-", ".", "1e400", "1234567890123456789012", "1x", "1e5x"})
    EXPECT_FALSE(read_epoch(text, 0)) << text;
}

TEST(ReadOffset, TakesAZone) {
  EXPECT_EQ(read_offset("+02:00"), 7'200'000);
  EXPECT_EQ(read_offset("-0330"), -12'600'000);
  EXPECT_EQ(read_offset("+05"), 18'000'000);
  EXPECT_EQ(read_offset("UTC"), 0);
  for (std::string_view text : {"", "2", "+2", "+25:00", "Europe/Berlin", "+02:00 "})
    EXPECT_FALSE(read_offset(text)) << text;
}

}  // namespace
}  // namespace weir
