#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/models/models.h"

namespace weir {
namespace {

using Mistakes = std::vector<std::string>;

const std::vector<Feature> kMixed = {{"amount", FeatureKind::number},
                                     {"abroad", FeatureKind::boolean},
                                     {"country", FeatureKind::text}};

Mistakes mistakes(const std::string& steps, Task task = Task::binary) {
  ModelSpec spec;
  return mistakes_of(spec, steps, task, kMixed);
}

TEST(ModelSpec, AcceptsTheChainOfTheExample) {
  EXPECT_EQ(mistakes(R"([{"impute": "mean"}, {"one_hot": {"max": 100}}, "standard_scaler",
      {"logistic_regression": {"learning_rate": {"initial": 0.05, "decay": 1e-4}}}])"),
            Mistakes{});
}

TEST(ModelSpec, NamesTheEncodersForATextThatReachesTheLearner) {
  EXPECT_EQ(mistakes(R"(["standard_scaler", "logistic_regression"])"),
            Mistakes{"logistic_regression: `country` is a text: put one_hot or ordinal before the "
                     "learner"});
}

TEST(ModelSpec, WantsALearnerLast) {
  EXPECT_EQ(mistakes(R"(["one_hot", "standard_scaler"])"),
            Mistakes{"standard_scaler: the last step must be a learner of boolean targets (see "
                     "`weir list`)"});
  EXPECT_EQ(mistakes(R"(["one_hot", "logistic_regression", "logistic_regression"])"),
            Mistakes{"logistic_regression: a learner must be the last step"});
  EXPECT_EQ(mistakes("[]", Task::regression),
            Mistakes{"steps: needs a learner of number targets (see `weir list`)"});
}

TEST(ModelSpec, SaysWhichTargetsALearnerLearnsAndWhichThisIs) {
  EXPECT_EQ(mistakes(R"(["one_hot", "logistic_regression"])", Task::regression),
            Mistakes{"logistic_regression: learns boolean targets, and this one is a number: use a "
                     "learner of number targets (see `weir list`)"});
  EXPECT_EQ(mistakes(R"(["one_hot", "softmax_regression"])"),
            Mistakes{"softmax_regression: learns text targets, and this one is a boolean: use a "
                     "learner of boolean targets (see `weir list`)"});
}

TEST(ModelSpec, ReportsEveryMistakeOfTheFieldsOfAStep) {
  EXPECT_EQ(
      mistakes(R"([{"standard_scaler": ["amont", "country", "amount", "amount"]},
                         {"one_hot": {"fields": ["country", "amount"]}}, "logistic_regression"])"),
      (Mistakes{"standard_scaler: no column is named `amont` here; did you mean `amount`?",
                "standard_scaler: `country` is a text", "standard_scaler: `amount` is named twice",
                "one_hot: `amount` is not a text"}));
}

TEST(ModelSpec, RefusesOptionsThatExcludeEachOther) {
  EXPECT_EQ(mistakes(R"(["one_hot", {"logistic_regression": {"l1": 0.1, "l2": 0.1}}])"),
            Mistakes{"use `l1` or `l2`, not both"});
  EXPECT_EQ(mistakes(R"(["one_hot", {"logistic_regression":
                {"learning_rate": {"initial": 0.1, "power": 0.5, "decay": 1}}}])"),
            Mistakes{"use `power` or `decay`, not both"});
  EXPECT_EQ(
      mistakes(R"(["one_hot", {"logistic_regression": {"intercept_learning_rate": "some"}}])"),
      Mistakes{"`intercept_learning_rate` must be a number or same, not `some`"});
  EXPECT_EQ(mistakes(R"([{"impute": "constant"}, "one_hot", "logistic_regression"])"),
            Mistakes{"`with`: `constant` needs a `value`"});
  EXPECT_EQ(mistakes(R"([{"impute": {"value": 1}}, "one_hot", "logistic_regression"])"),
            Mistakes{"`value`: needs `with: constant`"});
}

using Warnings = std::vector<std::string>;

const std::vector<Feature> kNumbers = {{"a", FeatureKind::number}, {"b", FeatureKind::number}};
const std::vector<Feature> kBoolean = {{"it", FeatureKind::boolean}};
const std::vector<Feature> kText = {{"it", FeatureKind::text}};

/// The warnings of steps before a learner of any numbers.
Warnings idle(const std::string& steps, const std::vector<Feature>& features) {
  return warnings_of("[" + steps + R"(, "gaussian_nb"])", Task::binary, features);
}

TEST(ModelSpec, WarnsOfAStepWithNothingToDoAndSaysWhatReachesIt) {
  EXPECT_EQ(idle(R"("one_hot")", kNumbers),
            Warnings{"one_hot: has nothing to do: it works on texts, and what reaches it are "
                     "numbers (`a`, `b`)"});
  EXPECT_EQ(idle(R"("standard_scaler")", kBoolean),
            Warnings{"standard_scaler: has nothing to do: it works on numbers, and what reaches it "
                     "are booleans (`it`)"});
  EXPECT_EQ(idle(R"("impute")", kText),
            Warnings{"impute: has nothing to do: it works on numbers and booleans, and what "
                     "reaches it are texts (`it`)"});
  for (const char* step : {"\"min_max_scaler\"", "\"standard_scaler\"", "\"impute\""})
    EXPECT_EQ(idle(step, kText).size(), 1u) << step;
  EXPECT_EQ(idle(R"("ordinal")", kBoolean).size(), 1u);
}

TEST(ModelSpec, WarnsOfAStepWhoseColumnsAnEarlierOneHasTaken) {
  EXPECT_EQ(warnings_of(R"(["one_hot", "ordinal", "logistic_regression"])", Task::binary, kText),
            Warnings{"ordinal: has nothing to do: it works on texts, and what reaches it are "
                     "indicator columns"});
  EXPECT_EQ(warnings_of(R"(["ordinal", "one_hot", "standard_scaler", "logistic_regression"])",
                        Task::binary, kText),
            Warnings{"one_hot: has nothing to do: it works on texts, and what reaches it are "
                     "numbers (`it`)"});
  EXPECT_EQ(warnings_of(R"(["standard_scaler", "ordinal", "min_max_scaler",
                            "logistic_regression"])",
                        Task::binary, kText)
                .size(),
            1u)
      << "the scaler before the encoder";
}

TEST(ModelSpec, DoesNotWarnOfAStepThatHasAColumn) {
  EXPECT_EQ(idle(R"("impute", "standard_scaler", "ordinal")", kMixed), Warnings{});
  EXPECT_EQ(idle(R"({"standard_scaler": ["it"]})", kBoolean), Warnings{});
}

const std::string kPlain = "nothing scales ";
const std::string kWayOut =
    ", and gradient descent is slow or diverges on numbers that are large or differ in size: put "
    "the step `- standard_scaler` before it";

TEST(ModelSpec, WarnsOfNumbersThatNothingScalesBeforeALearnerByGradientDescent) {
  EXPECT_EQ(warnings_of(R"(["logistic_regression"])", Task::binary, kNumbers),
            Warnings{"logistic_regression: " + kPlain + "`a`, `b`" + kWayOut});
  EXPECT_EQ(warnings_of(R"(["linear_regression"])", Task::regression, kNumbers),
            Warnings{"linear_regression: " + kPlain + "`a`, `b`" + kWayOut});
  EXPECT_EQ(warnings_of(R"(["softmax_regression"])", Task::classes, kNumbers),
            Warnings{"softmax_regression: " + kPlain + "`a`, `b`" + kWayOut});
  EXPECT_EQ(warnings_of(R"([{"standard_scaler": ["a"]}, "linear_regression"])", Task::regression,
                        kNumbers),
            Warnings{"linear_regression: " + kPlain + "`b`" + kWayOut});
  EXPECT_EQ(warnings_of(R"(["standard_scaler", "ordinal", "logistic_regression"])", Task::binary,
                        kMixed),
            Warnings{"logistic_regression: " + kPlain + "`country`" + kWayOut})
      << "the numbers of ordinal";
  EXPECT_EQ(warnings_of(R"(["linear_regression"])", Task::regression, number_features(8)),
            Warnings{"linear_regression: " + kPlain + "`x0`, `x1`, `x2`, `x3`, `x4` and 3 more" +
                     kWayOut});
}

TEST(ModelSpec, DoesNotWarnOfSizesWhereAllIsScaledOrNothingNeedsIt) {
  const auto binary = [](const std::string& steps, const std::vector<Feature>& features) {
    return warnings_of(steps, Task::binary, features);
  };
  EXPECT_EQ(binary(R"(["standard_scaler", "logistic_regression"])", kNumbers), Warnings{});
  EXPECT_EQ(binary(R"(["min_max_scaler", "impute", "logistic_regression"])", kNumbers),
            Warnings{});
  EXPECT_EQ(binary(R"(["ordinal", "standard_scaler", "logistic_regression"])", kMixed),
            Warnings{});
  EXPECT_EQ(binary(R"(["one_hot", "logistic_regression"])", kText), Warnings{});
  EXPECT_EQ(binary(R"(["logistic_regression"])", kBoolean), Warnings{});
  EXPECT_EQ(binary(R"(["gaussian_nb"])", kNumbers), Warnings{});
}

TEST(ModelSpec, NamesTheNearestStepAndOptionForOneThatItDoesNotKnow) {
  EXPECT_EQ(mistakes("[one_hott, logistic_regression: {l2: -1, clip_gradiant: 1}]"),
            (Mistakes{"`steps` has no `one_hott`; did you mean `one_hot`?",
                      "`l2` must be at least 0, not `-1`",
                      "unknown key `clip_gradiant` in `logistic_regression`; did you mean "
                      "`clip_gradient`?"}));
}

/// Whether a scaler behind `encoder` (as JSON with a comma, or nothing) changes the scores of a
/// model of one feature.
bool scales(const std::string& encoder, FeatureKind kind) {
  const std::string learner = R"({"logistic_regression": {"learning_rate": 1}}])";
  const std::vector<Feature> feature = {{"it", kind}};
  auto scaled =
      make_model("[" + encoder + R"("standard_scaler", )" + learner, Task::binary, feature);
  auto plain = make_model("[" + encoder + learner, Task::binary, feature);
  bool differ = false;
  std::vector<double> scores, expected;
  for (int i = 0; i < 50; ++i) {
    const double number = i % 2;
    const std::string_view text = i % 2 ? "fr" : "de";
    Features row;
    if (kind == FeatureKind::text)
      row.texts = {&text, 1};
    else
      row.numbers = {&number, 1};
    for (Model* one : {scaled.get(), plain.get()}) {
      one->observe_one(row);
      one->learn_one(row, i % 2, 1);
    }
    EXPECT_TRUE(scaled->predict_one(row, scores));
    EXPECT_TRUE(plain->predict_one(row, expected));
    differ = differ || scores != expected;
  }
  return differ;
}

TEST(ModelSpec, ScalesNumbersAndCodesButNeitherBooleansNorIndicators) {
  EXPECT_TRUE(scales("", FeatureKind::number));
  EXPECT_TRUE(scales(R"("ordinal", )", FeatureKind::text));
  EXPECT_FALSE(scales("", FeatureKind::boolean));
  EXPECT_FALSE(scales(R"("one_hot", )", FeatureKind::text));
}

TEST(Model, LearnsARowOfDoubleWeightAsItsGradientTwice) {
  auto twice = make_model(R"(["linear_regression"])", Task::regression, number_features(1));
  auto fast = make_model(
      R"([{"linear_regression": {"learning_rate": 0.02, "intercept_learning_rate": 0.02}}])",
      Task::regression, number_features(1));
  const std::vector<double> x{3};
  std::vector<double> scores, expected;
  twice->learn_one({x, {}}, 5, 2);
  fast->learn_one({x, {}}, 5, 1);
  ASSERT_TRUE(twice->predict_one({x, {}}, scores));
  ASSERT_TRUE(fast->predict_one({x, {}}, expected));
  EXPECT_EQ(scores, expected);
}

TEST(SoftmaxRegression, GivesAClassThatNeverCameNoProbability) {
  auto model = make_model(R"(["softmax_regression"])", Task::classes, number_features(1));
  const std::vector<double> x{1};
  std::vector<double> scores;
  ASSERT_TRUE(model->predict_one({x, {}}, scores));
  EXPECT_TRUE(scores.empty());
  model->learn_one({x, {}}, 2, 1);
  model->learn_one({x, {}}, 0, 1);
  ASSERT_TRUE(model->predict_one({x, {}}, scores));
  ASSERT_EQ(model->classes(), 3u);
  ASSERT_EQ(scores.size(), 3u);
  EXPECT_EQ(scores[1], 0);
  EXPECT_GT(scores[0], 0);
  EXPECT_DOUBLE_EQ(scores[0] + scores[2], 1);
}

TEST(SoftmaxRegression, WithInterceptsLearnsFrequenciesOfClassesWithoutFeatures) {
  auto model = make_model(R"([{"softmax_regression": {"intercept": true}}])", Task::classes,
                          number_features(1));
  const std::vector<double> nothing{0};
  for (int i = 0; i < 20'000; ++i) model->learn_one({nothing, {}}, i % 4 == 0 ? 0 : 1, 1);
  std::vector<double> scores;
  ASSERT_TRUE(model->predict_one({nothing, {}}, scores));
  EXPECT_NEAR(scores[0], 0.25, 0.02);
}

}  // namespace
}  // namespace weir
