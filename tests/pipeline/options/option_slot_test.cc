#include "pipeline/options/option_slot.h"

#include <gtest/gtest.h>

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

TEST(ReadSlot, KeepsAnExtentsUnit) {
  Extent extent;
  EXPECT_EQ(read_slot(scalar("1000"), &extent, {}), "");
  EXPECT_TRUE(extent.unit == Extent::Unit::rows && extent.value == 1000);
  EXPECT_EQ(read_slot(scalar("1h"), &extent, {}), "");
  EXPECT_TRUE(extent.unit == Extent::Unit::time && extent.value == 3'600'000);
  EXPECT_EQ(read_slot(scalar("all"), &extent, {}), "");
  EXPECT_TRUE(extent.unit == Extent::Unit::all);
  EXPECT_NE(read_slot(scalar("1.5"), &extent, {}), "");
  EXPECT_NE(read_slot(scalar("-3"), &extent, {}), "");
}

TEST(ReadSlot, TakesADurationOrOff) {
  DurationOrOff slot;
  const Rule rule{.doc = "", .min = 1};
  EXPECT_EQ(read_slot(scalar("90m"), &slot, rule), "");
  EXPECT_TRUE(!slot.off && slot.ms == 90 * 60'000);
  EXPECT_EQ(slot_json(&slot), "90m");
  EXPECT_EQ(read_slot(scalar("off"), &slot, rule), "");
  EXPECT_TRUE(slot.off);
  EXPECT_EQ(slot_json(&slot), "off");
  EXPECT_EQ(read_slot(scalar("never"), &slot, rule),
            "must be a duration such as 250ms, 30s, 5m, 1h or 7d, or off, not `never`");
  EXPECT_EQ(read_slot(scalar("0"), &slot, rule),
            "must be a duration such as 250ms, 30s, 5m, 1h or 7d, or off, not `0`");
  EXPECT_EQ(read_slot(scalar("5"), &slot, rule),
            "is a duration and needs a unit, as in 5s (ms, s, m, h, d)");
  EXPECT_TRUE(slot.off);  // left alone
}

TEST(ReadSlot, LeavesTheSlotAloneWhenTheValueIsWrong) {
  double number_slot = 0.5;
  std::size_t count = 7;
  Duration wait{9};
  EXPECT_NE(read_slot(scalar("2"), &number_slot, {.doc = "", .min = 0, .max = 1}), "");
  EXPECT_NE(read_slot(scalar("nan"), &number_slot, {}), "");
  EXPECT_NE(read_slot(scalar(".nan"), &number_slot, {}), "");
  EXPECT_NE(read_slot(scalar("-1"), &count, {}), "");
  EXPECT_NE(read_slot(scalar("1e300"), &count, {}), "");
  EXPECT_NE(read_slot(scalar("5"), &wait, {}), "");
  EXPECT_EQ(number_slot, 0.5);
  EXPECT_EQ(count, 7U);
  EXPECT_EQ(wait.ms, 9);
}

TEST(ReadSlot, KeepsPlaceAndTextOfWhatWasWritten) {
  Written written;
  EXPECT_EQ(read_slot(scalar("010"), &written, {}), "");
  EXPECT_EQ(written.text, "010");
  EXPECT_EQ(written.place.line, 3U);
  EXPECT_EQ(written.place.column, 7U);
  std::vector<Written> list;
  EXPECT_EQ(read_slot(scalar("card"), &list, {}), "");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].text, "card");
}

TEST(ReadSlot, TypesALiteral) {
  Literal literal;
  EXPECT_EQ(read_slot(scalar("0.002"), &literal, {}), "");
  EXPECT_EQ(std::get<double>(literal.value), 0.002);
  EXPECT_EQ(read_slot(scalar("false"), &literal, {}), "");
  EXPECT_EQ(std::get<bool>(literal.value), false);
  EXPECT_EQ(read_slot(scalar("none"), &literal, {}), "");
  EXPECT_EQ(std::get<std::string>(literal.value), "none");
  EXPECT_EQ(read_slot(scalar("1", false), &literal, {}), "");
  EXPECT_EQ(std::get<std::string>(literal.value), "1");
}

}  // namespace
}  // namespace weir
