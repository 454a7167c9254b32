#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "models/chain.h"
#include "models/linear/linear_regression.h"
#include "models/linear/logistic_regression.h"
#include "models/linear/softmax_regression.h"
#include "models/preprocess/standard_scaler.h"
#include "tests/models/splitmix.h"
#include "tests/models/vectors.h"

namespace weir {
namespace {

constexpr std::size_t kFeatures = 4;

Literal same() { return {.value = std::string("same"), .place = {}}; }

/// The options that made a case of linear_models.json; nullopt: not ours to learn.
GeneralizedLinear::Options options_of(const std::string& config, const std::string& parameters) {
  GeneralizedLinear::Options options;
  double& rate = options.learning_rate.initial;
  if (config == "sgd_0.1" || config == "sgd_0.1 with sample weights") rate = 0.1;
  if (config == "sgd_l2") rate = 0.05, options.l2 = 0.01;
  if (config == "sgd_l1") rate = 0.05, options.l1 = 0.01;
  if (config == "sgd_clip_0.3") rate = 0.05, options.clip_gradient = 0.3;
  if (config == "sgd_inverse_scaling") rate = 0.1, options.learning_rate.power = 0.5;
  if (config == "sgd_intercept_lr_0.2") {
    rate = 0.05;
    options.intercept_learning_rate = {.value = 0.2, .place = {}};
    options.intercept_init = -0.5;
  }
  if (config == "linreg_l2") rate = 0.02, options.l2 = 0.05;
  if (config == "inverse_time") {
    const bool fast = parameters.starts_with("eta_t=0.5/(1+0.01*t)");
    EXPECT_TRUE(fast || parameters.starts_with("eta_t=0.1/(1+0.1*t), l2=0.001")) << parameters;
    rate = fast ? 0.5 : 0.1;
    options.learning_rate.decay = fast ? 0.01 : 0.1;
    options.l2 = fast ? 0 : 0.001;
    options.intercept_learning_rate = same();
  }
  return options;
}

/// Runs one case: every prediction before learning, the weights at every checkpoint.
template <class Learner>
void follow(const nlohmann::json& data, const nlohmann::json& one, const nlohmann::json& targets) {
  const std::string where = one.at("model").get<std::string>() + " " +
                            one.at("config").get<std::string>() +
                            (one.at("standard_scaler_first") ? " scaled" : "");
  const auto options = options_of(one.at("config"), one.at("parameters").dump().substr(1));
  std::vector<std::unique_ptr<Transformer>> steps;
  if (one.at("standard_scaler_first"))
    steps.push_back(std::make_unique<StandardScaler>(StandardScaler::Options{},
                                                     std::vector<std::size_t>{0, 1, 2, 3}));
  auto learner = std::make_unique<Learner>(options, kFeatures);
  const Learner& view = *learner;
  Chain chain(std::move(steps), std::move(learner), {.named = {}, .numbers = 4, .indicators = 0});

  const std::size_t n = data.at("n");
  const std::vector<double> x = normals(data.at("x_row_major").at("gen").at("seed"), n * kFeatures);
  const auto& checkpoints = data.at("checkpoints_after_learning_row_count");
  std::size_t checkpoint = 0;
  std::vector<double> scores;
  for (std::size_t i = 0; i < n; ++i) {
    const Features row{.numbers = std::span(x).subspan(i * kFeatures, kFeatures), .texts = {}};
    ASSERT_TRUE(chain.predict_one(row, scores));
    expect_close(scores[0], one.at("prediction_before_learning_each_row").at(i),
                 where + " prediction " + std::to_string(i));
    chain.observe_one(row);
    const double weight =
        one.contains("sample_weights") ? one["sample_weights"]["values"][i].get<double>() : 1;
    ASSERT_TRUE(chain.learn_one(row, targets.at(i), weight));
    if (i + 1 != checkpoints.at(checkpoint)) continue;
    const auto& expected = one.at("weights_then_intercept_at_checkpoints").at(checkpoint++);
    for (std::size_t j = 0; j < kFeatures; ++j)
      expect_close(view.linear().weights()[j], expected.at(j),
                   where + " w" + std::to_string(j) + " after " + std::to_string(i + 1));
    expect_close(view.linear().intercept(), expected.at(kFeatures), where + " intercept");
  }
  EXPECT_EQ(checkpoint, checkpoints.size());
  EXPECT_EQ(chain.restored(), 0u);
}

TEST(LogisticRegression, FollowsRiversWeightsAndPredictionsRowByRow) {
  const nlohmann::json file = read_vectors("linear_models.json");
  int followed = 0;
  for (const auto& one : file.at("cases")) {
    if (one.at("model") == "river LinearRegression") continue;
    follow<LogisticRegression>(file.at("data"), one, file.at("data").at("y_binary"));
    ++followed;
  }
  EXPECT_EQ(followed, 17);
}

TEST(LinearRegression, FollowsRiversWeightsAndPredictionsRowByRow) {
  const nlohmann::json file = read_vectors("linear_models.json");
  int followed = 0;
  for (const auto& one : file.at("cases")) {
    if (one.at("model") != "river LinearRegression") continue;
    follow<LinearRegression>(file.at("data"), one, file.at("data").at("y_real"));
    ++followed;
  }
  EXPECT_EQ(followed, 2);
}

TEST(SoftmaxRegression, FollowsRiversProbabilitiesWhileClassesArrive) {
  const nlohmann::json file = read_vectors("multiclass_models.json");
  const auto& one = file.at("cases").at(0);
  const auto& expected = one.at("proba_before_learning_each_row_classes_0_to_3");
  const std::vector<double> x = normals(file["data"]["x_row_major"]["gen"]["seed"], 1000);
  SoftmaxRegression learner({}, kFeatures);
  std::vector<double> scores;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Row row{
        .numbers = {x.begin() + static_cast<long>(i) * 4, x.begin() + static_cast<long>(i) * 4 + 4},
        .texts = {},
        .indicators = {}};
    ASSERT_TRUE(learner.predict_one(row, scores));
    ASSERT_EQ(scores.size(), learner.classes());
    for (std::size_t k = 0; k < 4; ++k)
      expect_close(k < scores.size() ? scores[k] : 0, expected[i][k],
                   "class " + std::to_string(k) + " of row " + std::to_string(i));
    ASSERT_TRUE(learner.learn_one(row, one["y"][i], 1));
  }
  EXPECT_EQ(learner.classes(), 4u);
}

}  // namespace
}  // namespace weir
