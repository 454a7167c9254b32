#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "models/preprocess/impute.h"
#include "models/preprocess/one_hot.h"
#include "models/preprocess/ordinal.h"
#include "tests/models/models.h"

namespace weir {
namespace {

using Indicators = std::vector<std::uint32_t>;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kNoText{};

Indicators transformed(const OneHot& encoder, std::vector<std::string_view> texts) {
  Row row{.numbers = {}, .texts = texts, .indicators = {}};
  encoder.transform_one(row);
  return row.indicators;
}

Indicators observed(OneHot& encoder, std::vector<std::string_view> texts) {
  Row row{.numbers = {}, .texts = texts, .indicators = {}};
  encoder.observe_one(row);
  return row.indicators;
}

TEST(OneHot, NumbersIndicatorsInOrderOfFirstAppearance) {
  OneHot encoder({.max = 100, .fields = {}}, {0, 1}, 7);
  EXPECT_EQ(observed(encoder, {"de", "card"}), (Indicators{7, 8}));
  EXPECT_EQ(observed(encoder, {"fr", "card"}), (Indicators{9, 8}));
  EXPECT_EQ(observed(encoder, {"card", "de"}), (Indicators{10, 11}));  // columns do not mix
  EXPECT_EQ(transformed(encoder, {"de", "de"}), (Indicators{7, 11}));
}

TEST(OneHot, HasNoIndicatorForATextThatIsMissingOrNotLearnedYet) {
  OneHot encoder({.max = 100, .fields = {}}, {0}, 0);
  EXPECT_EQ(transformed(encoder, {"de"}), Indicators{});
  EXPECT_EQ(observed(encoder, {kNoText}), Indicators{});
  EXPECT_EQ(observed(encoder, {""}), Indicators{0});  // an empty text is a text
  EXPECT_EQ(transformed(encoder, {kNoText}), Indicators{});
}

TEST(OneHot, GivesEveryTextOverMaxTheColumnOther) {
  OneHot encoder({.max = 2, .fields = {}}, {0}, 0);
  observed(encoder, {"a"});
  observed(encoder, {"b"});
  EXPECT_EQ(transformed(encoder, {"c"}), Indicators{});
  EXPECT_EQ(observed(encoder, {"c"}), Indicators{2});
  EXPECT_EQ(observed(encoder, {"d"}), Indicators{2});
  EXPECT_EQ(transformed(encoder, {"never seen"}), Indicators{2});
  EXPECT_EQ(transformed(encoder, {"a"}), Indicators{0});
}

TEST(OneHot, RefusesAStateWithIndicatorsOutOfItsRange) {
  OneHot wide({.max = 100, .fields = {}}, {0}, 0), narrow({.max = 2, .fields = {}}, {0}, 0);
  for (const char* text : {"a", "b", "c", "d"}) observed(wide, {text});
  EXPECT_THROW(load(narrow, saved(wide)), StateError);
}

double code(const Ordinal& encoder, std::string_view text) {
  const std::vector<std::string_view> texts{text};
  Row row{.numbers = {0}, .texts = texts, .indicators = {}};
  encoder.transform_one(row);
  return row.numbers[0];
}

double learned_code(Ordinal& encoder, std::string_view text) {
  const std::vector<std::string_view> texts{text};
  Row row{.numbers = {0}, .texts = texts, .indicators = {}};
  encoder.observe_one(row);
  return row.numbers[0];
}

TEST(Ordinal, CodesTextsFromOneInOrderOfFirstAppearance) {
  Ordinal encoder({.max = 100, .unknown = "zero", .fields = {}}, {0}, 0);
  EXPECT_EQ(code(encoder, "France"), 0);  // River's code of an unknown text
  EXPECT_EQ(learned_code(encoder, "France"), 1);
  EXPECT_EQ(learned_code(encoder, "Sweden"), 2);
  EXPECT_EQ(learned_code(encoder, "France"), 1);
  EXPECT_EQ(code(encoder, "Sweden"), 2);
  EXPECT_EQ(code(encoder, "Norway"), 0);
}

TEST(Ordinal, CodesAMissingTextMinusOneAndDoesNotLearnIt) {
  Ordinal encoder({.max = 100, .unknown = "zero", .fields = {}}, {0}, 0);
  EXPECT_EQ(learned_code(encoder, kNoText), -1);
  EXPECT_EQ(learned_code(encoder, "a"), 1);
}

TEST(Ordinal, ScoresANewTextWithTheNumberItWillGetWhereUnknownIsNext) {
  Ordinal encoder({.max = 2, .unknown = "next", .fields = {}}, {0}, 0);
  EXPECT_EQ(code(encoder, "b"), 1);
  EXPECT_EQ(learned_code(encoder, "b"), 1);
  EXPECT_EQ(code(encoder, "a"), 2);
  EXPECT_EQ(code(encoder, "c"), 2) << "none is learned by being scored";
  EXPECT_EQ(learned_code(encoder, "a"), 2);
  EXPECT_EQ(code(encoder, "c"), 0) << "it will get none: max are known";
}

TEST(Ordinal, CodesTextsOverMaxAsUnknown) {
  Ordinal encoder({.max = 1, .unknown = "zero", .fields = {}}, {0}, 0);
  EXPECT_EQ(learned_code(encoder, "a"), 1);
  EXPECT_EQ(learned_code(encoder, "b"), 0);
  EXPECT_EQ(learned_code(encoder, "a"), 1);
}

double imputed(const Impute& impute, double x) {
  Row row{.numbers = {x}, .texts = {}, .indicators = {}};
  impute.transform_one(row);
  return row.numbers[0];
}

void observe(Impute& impute, double x) {
  Row row{.numbers = {x}, .texts = {}, .indicators = {}};
  impute.observe_one(row);
}

TEST(Impute, TakesTheRunningMeanOfWhatWasThere) {
  Impute impute({}, {0});
  EXPECT_EQ(imputed(impute, kMissing), 0);
  for (const double x : {1.0, kMissing, 4.0}) observe(impute, x);
  EXPECT_DOUBLE_EQ(imputed(impute, kMissing), 2.5);
  EXPECT_EQ(imputed(impute, 9), 9);
}

TEST(Impute, TakesZeroOrAConstantWhateverCame) {
  Impute zero({.with = "zero", .value = {}, .fields = {}}, {0});
  Impute constant({.with = "constant", .value = -1, .fields = {}}, {0});
  observe(zero, 5);
  observe(constant, 5);
  EXPECT_EQ(imputed(zero, kMissing), 0);
  EXPECT_EQ(imputed(constant, kMissing), -1);
}

TEST(Impute, IsNotRuinedByNumbersWhoseSquaresOverflow) {
  Impute impute({}, {0});
  for (const double x : {1.0, 1.7e308, 3.0, -1e200}) observe(impute, x);
  EXPECT_DOUBLE_EQ(imputed(impute, kMissing), 2);
}

}  // namespace
}  // namespace weir
