#include "pipeline/core/hash_text.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace weir {
namespace {

TEST(HashText, ReadsBackWhatItWrites) {
  for (const std::uint64_t hash : {0UL, 1UL, 0x0123456789abcdefUL, ~0UL})
    EXPECT_EQ(read_hex16(hex16(hash)), hash);
  EXPECT_EQ(hex16(0xabc), "0000000000000abc");
}

TEST(HashText, RefusesEveryOtherSpelling) {
  for (const char* text : {"", "abc", "0000000000000ABC", "0x00000000000abc", " 000000000000abc",
                           "0000000000000abc ", "00000000000000abc", "-000000000000abc"})
    EXPECT_THROW(read_hex16(text), std::runtime_error) << text;
}

}  // namespace
}  // namespace weir
