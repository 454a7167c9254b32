#include "pipeline/core/bounded_text.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

TEST(BoundedText, IsTheTextItselfUpTo256Bytes) {
  for (const std::size_t bytes : {0, 1, 255, 256}) {
    const std::string text(bytes, 'x');
    EXPECT_EQ(BoundedText(text).view().data(), text.data());
    EXPECT_EQ(BoundedText(text).view(), text);
  }
}

TEST(BoundedText, OfALongerTextIsAHashThatNoTextCanBe) {
  const std::string one(257, 'x'), other = std::string(256, 'x') + 'y';
  const std::string hash(BoundedText(one).view());
  EXPECT_EQ(hash.size(), 17u);
  EXPECT_EQ(hash[0], '\xff');
  EXPECT_EQ(BoundedText(std::string(one)).view(), hash);
  EXPECT_NE(BoundedText(other).view(), hash);
}

TEST(BoundedText, IsTheSameOnEveryMachine) {
  const std::string text(1'000, 'a');
  std::string hex;
  const BoundedText bounded(text);
  for (const char byte : bounded.view()) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(byte) >> 4];
    hex += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  EXPECT_EQ(hex, "ffb01da365eddaa29cb3e7af627147db7c");
}

TEST(CutText, EndsWithAWholeCharacter) {
  EXPECT_EQ(cut_text("abc", 3), "abc");
  EXPECT_EQ(cut_text("abcd", 3), "abc");
  EXPECT_EQ(cut_text("ab\u00e9", 3), "ab") << "two bytes";
  EXPECT_EQ(cut_text("ab\u00e9", 4), "ab\u00e9");
  EXPECT_EQ(cut_text("\U0001f600", 3), "") << "four bytes";
  EXPECT_EQ(cut_text("", 3), "");
}

}  // namespace
}  // namespace weir
