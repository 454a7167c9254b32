#include "monitoring/detectors/drift_detector.h"

#include <gtest/gtest.h>

#include <array>

namespace weir {
namespace {

double number_in(const Observation& observed) { return observed.number(); }
std::string_view text_in(const Observation& observed) { return observed.text(); }

TEST(Observation, OneNumberOrOneTextBecomesThemByItself) {
  EXPECT_EQ(number_in(0.5), 0.5);
  EXPECT_EQ(number_in(3), 3);
  EXPECT_EQ(text_in(std::string_view("visa")), "visa");
}

TEST(Observation, OfSeveralFieldsKeepNumbersAndTextsApartInTheirOrder) {
  const std::array numbers = {1.0, 2.0};
  const std::array<std::string_view, 1> texts = {"visa"};
  const Observation observation(numbers, texts);
  ASSERT_EQ(observation.numbers().size(), 2u);
  EXPECT_EQ(observation.numbers()[1], 2);
  ASSERT_EQ(observation.texts().size(), 1u);
  EXPECT_EQ(observation.texts()[0], "visa");
}

TEST(Observation, OfOtherFieldsThanTheDetectorTakesStopTheProgram) {
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
