#include "pipeline/core/time_pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace weir {
namespace {

constexpr std::int64_t kMinute = 1'721'046'840'000;  // 2024-07-15T12:34Z
constexpr std::int64_t kDay = 1'721'001'600'000;     // 2024-07-15

std::optional<std::int64_t> read(std::string_view pattern, std::string_view text,
                                 std::int64_t offset_ms = 0) {
  EXPECT_EQ(wrong_pattern(pattern), "") << pattern;
  return read_pattern(text, pattern, offset_ms);
}

TEST(ReadPattern, TakesTheFormsThatPeopleWrite) {
  EXPECT_EQ(read("%d/%m/%Y %H:%M", "15/07/2024 12:34"), kMinute);
  EXPECT_EQ(read("%m/%d/%Y %H:%M", "7/15/2024 12:34"), kMinute);
  EXPECT_EQ(read("%d.%m.%y", "15.7.24"), kDay);
  EXPECT_EQ(read("%Y%m%d", "20240715"), kDay);
  EXPECT_EQ(read("%Y%m%d%H%M%S", "20240715123400"), kMinute);
  EXPECT_EQ(read("%F %T.%f", "2024-07-15 12:34:00.25"), kMinute + 250);
  EXPECT_EQ(read("%d/%b/%Y:%H:%M:%S %z", "15/Jul/2024:14:34:00 +0200"), kMinute);
  EXPECT_EQ(read("%a, %d %b %Y %H:%M:%S %z", "Mon, 15 Jul 2024 12:34:00 GMT"), kMinute);
  EXPECT_EQ(read("%B %d, %Y %I:%M %p", "july 15, 2024 12:34 pm"), kMinute);
  EXPECT_EQ(read("%m/%d/%Y %I:%M %p", "7/15/2024 12:04 AM"), kDay + 240'000);
  EXPECT_EQ(read("%b %d %Y", "Jul  15 2024"), kDay);
  EXPECT_EQ(read("%m/%Y", "07/2024"), kDay - 14 * 86'400'000LL);
  EXPECT_EQ(read("%y", "69"), -31'536'000'000);
  EXPECT_EQ(read("100%% %Y", "100% 1970"), 0);
}

TEST(ReadPattern, TakesATimeWithoutAZoneAsAheadByTheOffset) {
  EXPECT_EQ(read("%d/%m/%Y %H:%M", "15/07/2024 14:34", 7'200'000), kMinute);
  EXPECT_EQ(read("%d/%m/%Y %H:%M %z", "15/07/2024 12:34 Z", 7'200'000), kMinute);
}

TEST(ReadPattern, RefusesWhatDoesNotMatchOrDoesNotExist) {
  const std::string_view pattern = "%d/%m/%Y %H:%M";
  for (std::string_view text :
       {"", "15/07/2024", "15/07/2024 12:34:56", "07/15/2024 12:34", "30/02/2024 12:34",
        "15-07-2024 12:34", "15/07/2024 24:00", "15/07/2024 12:60", "15/07/24 12:34",
        "x15/07/2024 12:34", "15/07/2024 12:34 "})
    EXPECT_FALSE(read(pattern, text)) << text;
  EXPECT_FALSE(read("%Y-%m-%d %I:%M %p", "2024-07-15 13:00 PM"));
  EXPECT_FALSE(read("%d %b %Y", "15 Foo 2024"));
}

TEST(WrongPattern, SaysWhatIsWrong) {
  EXPECT_EQ(wrong_pattern("%d/%m/%Q"),
            "has no %Q; known: %Y %y %m %b %B %d %H %I %p %M %S %f %z %a %A %F %T %%");
  EXPECT_EQ(wrong_pattern("%Y%"), "ends with a single %");
  EXPECT_EQ(wrong_pattern("dd/MM/yyyy"), "needs a year (%Y or %y)");
  EXPECT_EQ(wrong_pattern("%d %Y"), "has a day but no month (%m or %b)");
  EXPECT_EQ(wrong_pattern("%Y-%m %H"), "has an hour but no day (%d)");
  EXPECT_EQ(wrong_pattern("%F %M"), "has minutes but no hour (%H)");
  EXPECT_EQ(wrong_pattern("%F %H:%S"), "has seconds but no minutes (%M)");
  EXPECT_EQ(wrong_pattern("%F %H:%M.%f"), "has a part of a second but no second (%S)");
  EXPECT_EQ(wrong_pattern("%F %I:%M"), "needs %I and %p together, or %H");
}

}  // namespace
}  // namespace weir
