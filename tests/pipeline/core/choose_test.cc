#include "pipeline/core/choose.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Choose, FindsTheKeywordOfAPlaceAndThePlaceOfAKeyword) {
  constexpr std::string_view kChoices = "first|last|all";
  for (const std::size_t place : {0u, 1u, 2u})
    EXPECT_EQ(place_of_choice(kChoices, choice_at(kChoices, place)), place);
  EXPECT_EQ(choice_at(kChoices, 1), "last");
  EXPECT_EQ(choice_at("only", 0), "only");
}

TEST(Choose, KnowsNoOtherKeyword) {
  for (const char* keyword : {"", "fir", "firsts", "first|last", "ALL"})
    EXPECT_FALSE(place_of_choice("first|last|all", keyword)) << keyword;
}

}  // namespace
}  // namespace weir
