#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "models/preprocess/impute.h"
#include "models/preprocess/one_hot.h"
#include "models/preprocess/ordinal.h"
#include "pipeline/core/splitmix64.h"
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

TEST(OneHot, LetsTheTextNotObservedForLongestGoAndSaysSo) {
  OneHot encoder({.max = 2, .fields = {}}, {0}, 0);
  observed(encoder, {"a"});
  observed(encoder, {"b"});
  observed(encoder, {"a"});
  EXPECT_EQ(transformed(encoder, {"c"}), Indicators{});
  const std::vector<std::string_view> texts{"c"};
  Row row{.numbers = {}, .texts = texts, .indicators = {}};
  encoder.observe_one(row);
  EXPECT_EQ(row.indicators, Indicators{1});
  EXPECT_EQ(row.freed, Indicators{1});
  EXPECT_EQ(transformed(encoder, {"a"}), Indicators{0});
  EXPECT_EQ(transformed(encoder, {"b"}), Indicators{});
  EXPECT_EQ(transformed(encoder, {"c"}), Indicators{1});
}

TEST(OneHot, TellsItsTwoColumnsApartWhenBothAreFull) {
  OneHot encoder({.max = 1, .fields = {}}, {0, 1}, 5);
  EXPECT_EQ(observed(encoder, {"a", "a"}), (Indicators{5, 6}));
  const std::vector<std::string_view> texts{"a", "b"};
  Row row{.numbers = {}, .texts = texts, .indicators = {}};
  encoder.observe_one(row);
  EXPECT_EQ(row.freed, Indicators{6});
  EXPECT_EQ(transformed(encoder, {"b", "b"}), Indicators{6});
}

/// What a model of one text says of `text`.
std::vector<double> scores_of(const Model& model, std::string_view text) {
  std::vector<double> scores;
  EXPECT_TRUE(model.predict_one({{}, {&text, 1}}, scores));
  return scores;
}

// The column of a category that went must not pass its weight on: the new one would be scored with
// what was learned of the old.
TEST(OneHot, ANewCategoryBeginsWithoutTheWeightsOfTheOneWhoseColumnItTakes) {
  for (const auto& [learner, task] :
       {std::pair(R"({"linear_regression": {"intercept_learning_rate": 0}})", Task::regression),
        std::pair(R"({"linear_regression": {"intercept_learning_rate": 0, "l1": 1e-3}})",
                  Task::regression),
        std::pair(R"({"logistic_regression": {"intercept_learning_rate": 0}})", Task::binary),
        std::pair(R"("softmax_regression")", Task::classes)}) {
    const std::string steps = R"([{"one_hot": {"max": 2}}, )" + std::string(learner) + "]";
    const auto model = make_model(steps, task, {{"c", FeatureKind::text}});
    const auto learn = [&](std::string_view text, double y) {
      model->observe_one({{}, {&text, 1}});
      model->learn_one({{}, {&text, 1}}, y, 1);
    };
    for (int i = 0; i < 3'000; ++i) {  // long enough for the divergence guard to keep a copy
      learn("old", 1);
      learn("other", 0);
    }
    const std::vector<double> unknown = scores_of(*model, "new");
    const std::string_view text = "new";
    const double before = scores_of(*model, "old").back();
    model->observe_one({{}, {&text, 1}});  // takes the column of `old`
    EXPECT_EQ(scores_of(*model, "new"), unknown) << learner;
    EXPECT_EQ(scores_of(*model, "old"), unknown) << learner;
    EXPECT_NE(unknown.back(), before) << learner;
    // Nor does the copy that the divergence guard goes back to.
    if (task == Task::regression) {
      const std::uint64_t restored = model->restored();
      const std::string_view other = "other";
      model->learn_one({{}, {&other, 1}}, 1, 1e100);
      learn("other", 0);
      EXPECT_GT(model->restored(), restored) << learner;
      EXPECT_EQ(scores_of(*model, "new"), unknown) << learner;
    }
  }
}

TEST(OneHot, FollowsCategoriesThatComeAndGo) {
  const auto model = make_model(
      R"([{"one_hot": {"max": 50}}, {"logistic_regression": {"learning_rate": 0.1}}])",
      Task::binary, {{"c", FeatureKind::text}});
  SplitMix64 random(7);
  std::vector<double> rates(600), scores;
  for (double& rate : rates) rate = random.u01();
  double last = 0;
  for (int i = 0; i < 40'000; ++i) {
    if (i % 2'000 == 0) last = 0;
    const std::size_t category = static_cast<std::size_t>(i) / 2'000 * 30 + random.next() % 30;
    const std::string name = "campaign-" + std::to_string(category);
    const std::string_view text = name;
    const double y = random.u01() < rates[category];
    ASSERT_TRUE(model->predict_one({{}, {&text, 1}}, scores));
    if (i % 2'000 >= 1'000) last += std::abs(scores[0] - rates[category]) / 1'000;
    model->observe_one({{}, {&text, 1}});
    model->learn_one({{}, {&text, 1}}, y, 1);
  }
  EXPECT_LT(last, 0.2);  // 0.25 for the one score of all that share a column
}

TEST(OneHot, ContinuesTheSameFromItsState) {
  OneHot straight({.max = 20, .fields = {}}, {0}, 0);
  SplitMix64 random(8);
  const auto next = [&] { return "t" + std::to_string(random.next() % 60); };
  for (int i = 0; i < 500; ++i) observed(straight, {next()});
  OneHot loaded({.max = 20, .fields = {}}, {0}, 0);
  load(loaded, saved(straight));
  EXPECT_EQ(saved(loaded), saved(straight));
  for (int i = 0; i < 500; ++i) {
    const std::string text = next();
    ASSERT_EQ(observed(loaded, {text}), observed(straight, {text})) << i;
  }
  EXPECT_EQ(saved(loaded), saved(straight));
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

TEST(Ordinal, NeverGivesACodeAgain) {
  Ordinal encoder({.max = 3, .unknown = "zero", .fields = {}}, {0}, 0);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(learned_code(encoder, "t" + std::to_string(i)), i < 3 ? i + 1 : 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(code(encoder, "t" + std::to_string(i)), i + 1);
}

TEST(Encoders, TellLongTextsApartInAStateOfFewBytes) {
  OneHot one_hot({.max = 100, .fields = {}}, {0}, 0);
  Ordinal ordinal({.max = 100, .unknown = "zero", .fields = {}}, {0}, 0);
  const auto text = [](std::uint32_t i) { return std::string(100'000, 'x') + std::to_string(i); };
  for (std::uint32_t i = 0; i < 10; ++i) {
    EXPECT_EQ(observed(one_hot, {text(i)}), Indicators{i});
    EXPECT_EQ(learned_code(ordinal, text(i)), i + 1);
  }
  for (std::uint32_t i = 0; i < 10; ++i) {
    EXPECT_EQ(transformed(one_hot, {text(i)}), Indicators{i});
    EXPECT_EQ(code(ordinal, text(i)), i + 1);
  }
  EXPECT_LT(saved(one_hot).size(), 1'000u);
  EXPECT_LT(saved(ordinal).size(), 1'000u);
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
