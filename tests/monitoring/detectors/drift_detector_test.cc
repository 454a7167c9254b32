#include "monitoring/detectors/drift_detector.h"

#include <gtest/gtest.h>

#include <array>

namespace weir {
namespace {

double number_in(const Values& values) { return values.number(); }
std::string_view text_in(const Values& values) { return values.text(); }

TEST(Values, OneNumberOrOneTextBecomesThemByItself) {
  EXPECT_EQ(number_in(0.5), 0.5);
  EXPECT_EQ(number_in(3), 3);
  EXPECT_EQ(text_in(std::string_view("visa")), "visa");
}

TEST(Values, OfSeveralFieldsKeepNumbersAndTextsApartInTheirOrder) {
  const std::array numbers = {1.0, 2.0};
  const std::array<std::string_view, 1> texts = {"visa"};
  const Values values(numbers, texts);
  ASSERT_EQ(values.numbers().size(), 2u);
  EXPECT_EQ(values.numbers()[1], 2);
  ASSERT_EQ(values.texts().size(), 1u);
  EXPECT_EQ(values.texts()[0], "visa");
}

TEST(Values, OfOtherFieldsThanTheDetectorTakesStopTheProgram) {
  EXPECT_DEATH(text_in(0.5), "one text");
  EXPECT_DEATH(number_in(std::string_view("visa")), "one number");
}

TEST(DetectorType, TakesTheTypesOfItsRowAlone) {
  constexpr std::array types = {Type::number, Type::text};
  const DetectorType type = {"two_kinds", "", "", 1, types, nullptr};
  EXPECT_TRUE(type.takes(Type::number));
  EXPECT_TRUE(type.takes(Type::text));
  EXPECT_FALSE(type.takes(Type::boolean));
}

}  // namespace
}  // namespace weir
