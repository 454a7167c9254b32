#include "models/bayes/gaussian_nb.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/models/models.h"
#include "tests/models/prequential.h"
#include "tests/models/splitmix.h"
#include "tests/models/vectors.h"

namespace weir {
namespace {

using Numbers = std::vector<double>;
using Texts = std::vector<std::string_view>;
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kNoText{};
const std::string kSteps = R"(["gaussian_nb"])";

std::unique_ptr<Model> of_numbers(std::size_t count, Task task = Task::classes) {
  return make_model(kSteps, task, number_features(count));
}

std::unique_ptr<Model> of_a_text(const std::string& steps = kSteps) {
  return make_model(steps, Task::classes, {{"a", FeatureKind::text}});
}

void learn(Model& model, const Numbers& row, double y, double weight = 1) {
  EXPECT_TRUE(model.learn_one({row, {}}, y, weight));
}

void learn(Model& model, std::string_view text, double y) {
  EXPECT_TRUE(model.learn_one({{}, {&text, 1}}, y, 1));
}

std::vector<double> scores_of(const Model& model, const Numbers& row) {
  std::vector<double> scores;
  EXPECT_TRUE(model.predict_one({row, {}}, scores));
  return scores;
}

/// How many times likelier than class 0 a text makes class 1.
double odds(const Model& model, std::string_view text) {
  std::vector<double> scores;
  EXPECT_TRUE(model.predict_one({{}, {&text, 1}}, scores));
  return scores.at(1) / scores.at(0);
}

TEST(GaussianNb, FollowsRiversProbabilitiesWhileClassesArrive) {
  const nlohmann::json file = read_vectors("multiclass_models.json");
  const auto& one = file.at("cases").at(1);
  ASSERT_EQ(one.at("model"), "river GaussianNB");
  const auto& expected = one.at("proba_before_learning_each_row_classes_0_to_3");
  const Numbers x = normals(file["data"]["x_row_major"]["gen"]["seed"], 1000);
  auto model = of_numbers(4);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Numbers row(&x[i * 4], &x[i * 4] + 4);
    const auto scores = scores_of(*model, row);
    ASSERT_EQ(scores.size(), model->classes());
    for (std::size_t k = 0; k < 4; ++k)
      expect_close(k < scores.size() ? scores[k] : 0, expected[i][k],
                   "class " + std::to_string(k) + " of row " + std::to_string(i));
    learn(*model, row, one["y"][i]);
  }
  EXPECT_EQ(model->classes(), 4u);
}

// River 0.26.1, the same rows in the same order.
TEST(GaussianNb, IsRightOnAsManyRowsOfRealStreamsAsRiver) {
  const Quality phishing = prequential("phishing.csv.gz", kSteps, Task::binary);
  EXPECT_DOUBLE_EQ(phishing.accuracy, 1'105 / 1'250.0);
  EXPECT_NEAR(phishing.log_loss, 0.592, 0.001);  // rounding decides where it is sure and wrong
  const Quality weather = prequential("weather.csv.gz", kSteps, Task::binary);
  EXPECT_DOUBLE_EQ(weather.accuracy, 12'570 / 18'159.0);
  EXPECT_NEAR(weather.log_loss, 0.6492419024, 1e-9);
  const Quality covertype = prequential("covtype_15k.csv.gz", kSteps, Task::classes);
  EXPECT_DOUBLE_EQ(covertype.accuracy, 7'290 / 15'000.0);
}

TEST(GaussianNb, GivesTrueTheProbabilityThatTheSecondOfTwoClassesHas) {
  auto binary = of_numbers(1, Task::binary), classes = of_numbers(1);
  EXPECT_EQ(scores_of(*binary, {0}), Numbers{0.5});
  for (const double x : normals(3, 200)) {
    const double y = x > 0.5 ? 1 : 0;
    learn(*binary, {x}, y);
    learn(*classes, {x}, y);
    const auto both = scores_of(*classes, {x});
    EXPECT_EQ(scores_of(*binary, {x}), Numbers{both.size() > 1 ? both[1] : 0});
  }
}

TEST(GaussianNb, LeavesOutTheColumnsThatARowDoesNotHave) {
  auto one = of_numbers(1), two = of_numbers(2);
  const Numbers x = normals(4, 100);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double y = static_cast<double>(i % 2);
    learn(*one, {x[i] + y}, y);
    learn(*two, {x[i] + y, i % 5 ? x[i] * x[i] : kMissing}, y);
  }
  EXPECT_EQ(scores_of(*two, {0.7, kMissing}), scores_of(*one, {0.7}));
  EXPECT_EQ(scores_of(*two, {kMissing, kMissing}), (Numbers{0.5, 0.5}));
}

TEST(GaussianNb, LearnsNoNumberWhoseSquareOverflows) {
  auto gap = of_numbers(2), huge = of_numbers(2);
  for (const double x : {1.0, 2.0, 4.0}) {
    learn(*gap, {x, x}, 0);
    learn(*huge, {x, x}, 0);
  }
  learn(*gap, {kMissing, 1}, 0);
  learn(*huge, {1e200, 1}, 0);
  EXPECT_EQ(state_hash(*gap), state_hash(*huge));
}

TEST(GaussianNb, CountsARowOfWeightTwoAsTwoRows) {
  auto once = of_numbers(1), twice = of_numbers(1);
  const Numbers x = normals(5, 40);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double y = static_cast<double>(i % 2);
    const double weight = i % 3 == 0 ? 2 : 1;
    learn(*once, {x[i] + y}, y, weight);
    for (int n = 0; n < weight; ++n) learn(*twice, {x[i] + y}, y);
  }
  EXPECT_NEAR(scores_of(*once, {0.3})[1], scores_of(*twice, {0.3})[1], 1e-12);
}

TEST(GaussianNb, RefusesAWeightThatWouldRuinItForGood) {
  auto model = of_numbers(1);
  const Numbers row{1};
  EXPECT_FALSE(model->learn_one({row, {}}, 0, 1e200));
  EXPECT_EQ(state_hash(*model), state_hash(*of_numbers(1)));
}

TEST(GaussianNb, GivesAClassThatNeverCameNoProbability) {
  auto model = of_numbers(1);
  EXPECT_EQ(scores_of(*model, {1}), Numbers{});
  for (const double x : {1.0, 2.0, 3.0}) {
    learn(*model, {x}, 0);
    learn(*model, {-x}, 2);
  }
  const auto scores = scores_of(*model, {2});
  ASSERT_EQ(scores.size(), 3u);
  EXPECT_GT(scores[0], 0.99);
  EXPECT_EQ(scores[1], 0);
}

TEST(GaussianNb, CountsADensityAsAtLeastAThousandMillionth) {
  auto model = of_numbers(1);
  for (const double x : {1.0, 2.0, 3.0}) learn(*model, {x}, 0);
  for (int i = 0; i < 3; ++i) learn(*model, {5}, 1);  // no variance
  const double variance = 2.0 / 3;
  const double density = std::exp(-1 / (2 * variance)) / std::sqrt(2 * std::acos(-1) * variance);
  const auto near = scores_of(*model, {1});
  EXPECT_NEAR(near[1] / near[0], 1e-9 / (1e-9 + density), 1e-18);
  EXPECT_EQ(scores_of(*model, {1e6}), (Numbers{0.5, 0.5}));
}

TEST(GaussianNb, JudgesATextByItsFrequencyInEachClass) {
  auto model = of_a_text();
  for (const char* text : {"de", "de", "fr"}) learn(*model, text, 0);
  for (const char* text : {"fr", "fr", "it"}) learn(*model, text, 1);
  // (n + 1) / (3 + 3 + 1) each; three texts are known.
  EXPECT_NEAR(odds(*model, "de"), 1.0 / 3, 1e-12);
  EXPECT_NEAR(odds(*model, "fr"), 3.0 / 2, 1e-12);
  EXPECT_NEAR(odds(*model, "it"), 2.0 / 1, 1e-12);
  EXPECT_NEAR(odds(*model, "never seen"), 1, 1e-12);
  learn(*model, kNoText, 1);
  EXPECT_NEAR(odds(*model, kNoText), 4.0 / 3, 1e-12) << "a missing text is left out";
  EXPECT_NEAR(odds(*model, "de"), 4.0 / 9, 1e-12);
}

TEST(GaussianNb, TellsAtMostMaxTextsApart) {
  auto model = of_a_text(R"([{"gaussian_nb": {"max": 2}}])");
  for (const char* text : {"a", "b", "c", "d"}) learn(*model, text, 0);
  for (const char* text : {"a", "a", "b", "b"}) learn(*model, text, 1);
  EXPECT_NEAR(odds(*model, "a"), 3.0 / 2, 1e-12);
  EXPECT_NEAR(odds(*model, "c"), 1.0 / 3, 1e-12);
  EXPECT_EQ(odds(*model, "d"), odds(*model, "c"));
  EXPECT_EQ(odds(*model, "never seen"), odds(*model, "c"));
}

TEST(GaussianNb, ReadsTextsItselfAndCodesOfOrdinalButNoIndicators) {
  const std::vector<Feature> features = {{"x", FeatureKind::number}, {"a", FeatureKind::text}};
  const auto mistakes = [&](const std::string& steps) {
    ModelSpec spec;
    return mistakes_of(spec, steps, Task::binary, features);
  };
  using Mistakes = std::vector<std::string>;
  EXPECT_EQ(mistakes(kSteps), Mistakes{});
  EXPECT_EQ(mistakes(R"(["ordinal", "gaussian_nb"])"), Mistakes{});
  EXPECT_EQ(mistakes(R"(["one_hot", "gaussian_nb"])"),
            Mistakes{"gaussian_nb: reads no indicator columns but texts itself: leave one_hot "
                     "out"});
}

TEST(GaussianNb, ReadsATextOrItsCodeButNotBoth) {
  const std::vector<Feature> features = {{"a", FeatureKind::text}, {"b", FeatureKind::text}};
  auto model = make_model(R"([{"ordinal": {"fields": ["a"]}}, "gaussian_nb"])", Task::classes,
                          features);
  const Texts same{"x", "left"}, other{"x", "right"};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(model->learn_one({{}, same}, 0, 1));
    ASSERT_TRUE(model->learn_one({{}, other}, 1, 1));
  }
  std::vector<double> scores;
  ASSERT_TRUE(model->predict_one({{}, same}, scores));
  EXPECT_NEAR(scores[0] / scores[1], 4, 1e-12) << "the codes of `a` have no variance";
}

TEST(GaussianNb, RefusesAStateOfOtherColumns) {
  auto one = of_numbers(1), two = of_numbers(2), text = of_a_text();
  learn(*one, {1}, 0);
  learn(*text, "a", 0);
  EXPECT_THROW(load(*two, saved(*one)), StateError);
  EXPECT_THROW(load(*one, saved(*text)), StateError);
  auto binary = of_numbers(1, Task::binary);
  learn(*one, {1}, 2);
  EXPECT_THROW(load(*binary, saved(*one)), StateError);
  auto narrow = of_a_text(R"([{"gaussian_nb": {"max": 1}}])");
  learn(*text, "b", 0);
  EXPECT_THROW(load(*narrow, saved(*text)), StateError);
}

}  // namespace
}  // namespace weir
