#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/models/models.h"
#include "tests/models/stream.h"

namespace weir {
namespace {

// Figures to reach: River 0.26.1, predict then learn, in file order, measured on one machine; an
// accuracy has four places there, so a stream of n rows agrees to 0.00005 and its odd rows.

struct Quality {
  double accuracy = 0;
  double log_loss = 0;
  double mae = 0;
  std::uint64_t restored = 0;
};

double clipped_loss(double p) { return -std::log(std::clamp(p, 0x1p-52, 1 - 0x1p-52)); }

/// Predicts, then learns every row of a stream. Rows without a score count as wrong.
Quality prequential(const std::string& name, const std::string& steps, Task task) {
  const Stream stream(name);
  auto model = make_model(steps, task, stream.features());
  std::vector<double> labels;  // classes are numbered as they come
  Quality sum;
  std::vector<double> scores;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    double y = stream.target(i);
    if (task == Task::classes) {
      if (std::ranges::count(labels, y) == 0) labels.push_back(y);
      y = static_cast<double>(std::ranges::find(labels, y) - labels.begin());
    }
    const bool scored = model->predict_one(stream.row(i), scores);
    EXPECT_TRUE(scored) << "row " << i;
    if (task == Task::binary) {
      sum.accuracy += (scores[0] > 0.5) == (y == 1);
      sum.log_loss += clipped_loss(y == 1 ? scores[0] : 1 - scores[0]);
    } else if (task == Task::regression) {
      sum.mae += std::abs(scores[0] - y);
    } else if (!scores.empty()) {
      sum.accuracy += static_cast<double>(std::ranges::max_element(scores) - scores.begin()) == y;
    }
    model->observe_one(stream.row(i));
    EXPECT_TRUE(model->learn_one(stream.row(i), y, 1)) << "row " << i;
  }
  const double n = static_cast<double>(stream.size());
  sum.accuracy /= n;
  sum.log_loss /= n;
  sum.mae /= n;
  sum.restored = model->restored();
  std::printf("%s: accuracy %.4f, log loss %.4f, mae %.4f, restored %d\n", name.c_str(),
              sum.accuracy, sum.log_loss, sum.mae, static_cast<int>(sum.restored));
  return sum;
}

const char* const kLogistic = R"(["standard_scaler", "logistic_regression"])";
const char* const kLinear = R"(["standard_scaler", "linear_regression"])";

TEST(Prequential, ReachesRiversLogisticRegressionOnWeather) {
  const Quality reached = prequential("weather.csv.gz", kLogistic, Task::binary);
  EXPECT_NEAR(reached.accuracy, 0.7679, 0.00006);
  EXPECT_NEAR(reached.log_loss, 0.4733, 0.00006);
  EXPECT_EQ(reached.restored, 0u);
}

TEST(Prequential, ReachesRiversLogisticRegressionOnPhishing) {
  const Quality reached = prequential("phishing.csv.gz", kLogistic, Task::binary);
  EXPECT_NEAR(reached.accuracy, 0.8928, 0.00006);
  EXPECT_NEAR(reached.log_loss, 0.33011, 0.000006);
  EXPECT_EQ(reached.restored, 0u);
}

TEST(Prequential, ReachesRiversLogisticRegressionOnTelcoWithOrdinalCodes) {
  // There the codes of all texts are known before the first row.
  const Quality reached = prequential("telco_churn.csv.gz",
                                      R"([{"impute": "zero"}, {"ordinal": {"unknown": "next"}},
                                          "standard_scaler", "logistic_regression"])",
                                      Task::binary);
  EXPECT_NEAR(reached.accuracy, 0.7889, 0.00006);
  EXPECT_NEAR(reached.log_loss, 0.4380, 0.00006);
  EXPECT_EQ(reached.restored, 0u);
}

TEST(Prequential, BeatsOrdinalCodesOnTelcoWithOneHot) {
  const Quality reached = prequential(
      "telco_churn.csv.gz",
      R"([{"impute": "zero"}, "one_hot", "standard_scaler", "logistic_regression"])", Task::binary);
  EXPECT_GT(reached.accuracy, 0.7889);
  EXPECT_LT(reached.log_loss, 0.4380);
}

TEST(Prequential, ReachesRiversSoftmaxRegressionOnCovertype) {
  const Quality reached = prequential(
      "covtype_15k.csv.gz", R"(["standard_scaler", "softmax_regression"])", Task::classes);
  // River is right on 10,113 rows; its 0.6743 counts a default class for the first row as well.
  EXPECT_DOUBLE_EQ(reached.accuracy, 10'113 / 15'000.0);
  EXPECT_EQ(reached.restored, 0u);
}

TEST(Prequential, ReachesRiversLinearRegressionOnTrumpApproval) {
  const Quality reached = prequential("trump_approval.csv.gz", kLinear, Task::regression);
  EXPECT_NEAR(reached.mae, 1.314548, 0.000001);
  EXPECT_EQ(reached.restored, 0u);
}

TEST(Prequential, SurvivesTheStreamsOnWhichRiversLinearRegressionExplodes) {
  // River: 1.1e10 and 8.1e9.
  const Quality bike = prequential("bike_hour.csv.gz", kLinear, Task::regression);
  EXPECT_LT(bike.mae, 1e4);
  const Quality beijing =
      prequential("beijing_pm25.csv.gz", R"(["ordinal", "standard_scaler", "linear_regression"])",
                  Task::regression);
  EXPECT_LT(beijing.mae, 1e4);
}

}  // namespace
}  // namespace weir
