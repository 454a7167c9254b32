#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "models/optim/divergence_guard.h"
#include "models/optim/target_spread.h"
#include "pipeline/core/state_visitors.h"
#include "tests/models/models.h"
#include "tests/models/splitmix.h"

namespace weir {
namespace {

TEST(DivergenceGuard, SeesALossThatIsNotFiniteAtOnce) {
  DivergenceGuard guard;
  guard.add(std::numeric_limits<double>::infinity());
  EXPECT_TRUE(guard.diverged(1));
  guard.start_over();
  guard.add(std::nan(""));
  EXPECT_TRUE(guard.diverged(1));
}

TEST(DivergenceGuard, ComparesTheMeanOver100RowsWithAMillionBaselines) {
  DivergenceGuard guard;
  for (int i = 0; i < 99; ++i) guard.add(1e6);
  EXPECT_FALSE(guard.diverged(1));
  guard.add(1e6);
  EXPECT_FALSE(guard.diverged(1));
  EXPECT_TRUE(guard.diverged(0.99));
  guard.add(1e6);  // the next window
  EXPECT_FALSE(guard.diverged(0.99));
}

TEST(DivergenceGuard, KeepsACopyOnceIn1000RowsAndOnlyWhileTheLossIsLow) {
  DivergenceGuard guard;
  int kept = 0;
  for (int i = 1; i <= 3'000; ++i) {
    guard.add(i <= 2'000 ? 1 : 11);
    if (!guard.time_to_keep(1)) continue;
    ++kept;
    EXPECT_EQ(i % 1'000, 0);
  }
  EXPECT_EQ(kept, 2);
}

TEST(NumberSpread, IsTheVarianceWithOneZeroBefore) {
  NumberSpread spread;
  spread.add(3);
  EXPECT_DOUBLE_EQ(spread.loss(), 2.25);
  spread.add(3);
  EXPECT_DOUBLE_EQ(spread.loss(), 2);
}

TEST(NumberSpread, OfAConstantIsTheWayToItFromTheValueBefore) {
  NumberSpread spread(3);
  spread.add(0);
  EXPECT_DOUBLE_EQ(spread.loss(), 2.25);
  NumberSpread there(3);
  there.add(3);
  EXPECT_EQ(there.loss(), 0);
}

TEST(ClassSpread, IsTheEntropyOfTheClasses) {
  ClassSpread spread(2);
  for (int i = 0; i < 100'000; ++i) spread.add(i % 4 == 0 ? 1 : 0);
  EXPECT_NEAR(spread.loss(), -(0.25 * std::log(0.25) + 0.75 * std::log(0.75)), 1e-4);
}

TEST(ClassSpread, TheFirstRowOfASecondClassIsNoDivergence) {
  std::vector<std::uint64_t> rows = {3'000'000'000, 1};
  std::string bytes;
  StateWriter writer(bytes);
  writer(rows);
  ClassSpread spread(2);
  StateReader reader(bytes);
  spread.state(reader);
  DivergenceGuard guard;
  guard.add(17.2);  // -ln of the rate of the first class's rows
  EXPECT_FALSE(guard.diverged(spread.loss()));
  for (int i = 0; i < 99; ++i) guard.add(17.2);
  EXPECT_FALSE(guard.diverged(spread.loss()));
  guard.start_over();
  guard.add(1e6);
  EXPECT_TRUE(guard.diverged(spread.loss()));
}

TEST(DivergenceGuard, BringsAnExplodingLinearRegressionBackBelowTheErrorOfTheMean) {
  // Unscaled features of 100 make each step of 0.01 overshoot some thousandfold.
  auto model = make_model(R"(["linear_regression"])", Task::regression, number_features(2));
  SplitMix64 random(11);
  std::vector<double> scores;
  double late_error = 0, mean_error = 0;
  for (int i = 0; i < 50'000; ++i) {
    const std::vector<double> x{100 * random.sum12(), 100 * random.sum12()};
    const double y = 3 * x[0] - x[1];
    ASSERT_TRUE(model->predict_one({x, {}}, scores));
    ASSERT_TRUE(std::isfinite(scores[0]));
    if (i >= 40'000) {
      late_error += std::abs(scores[0] - y) / 10'000;
      mean_error += std::abs(y) / 10'000;
    }
    ASSERT_TRUE(model->learn_one({x, {}}, y, 1));
  }
  EXPECT_GT(model->restored(), 0u);
  EXPECT_LT(late_error, mean_error / 2);
}

TEST(DivergenceGuard, GoesBackToTheLastGoodCopyAfterARowThatExplodes) {
  auto model = make_model(R"(["linear_regression"])", Task::regression, number_features(1));
  SplitMix64 random(12);
  std::vector<double> scores;
  for (int i = 0; i < 2'000; ++i) {
    const std::vector<double> x{random.sum12()};
    model->learn_one({x, {}}, 2 * x[0], 1);
  }
  ASSERT_EQ(model->restored(), 0u);
  const std::vector<double> one{1}, extreme{1e20};
  model->learn_one({extreme, {}}, 0, 1);
  EXPECT_EQ(model->restored(), 1u);
  ASSERT_TRUE(model->predict_one({one, {}}, scores));
  EXPECT_NEAR(scores[0], 2, 1e-3);
}

// A model that was just loaded copies all its weights, one that goes on those that changed.
TEST(DivergenceGuard, KeepsTheSameCopyWhetherItCopiesAllOrWhatChanged) {
  for (const auto& [learner, task] :
       {std::pair(R"("linear_regression")", Task::regression),
        std::pair(R"({"linear_regression": {"l1": 1e-4}})", Task::regression),
        std::pair(R"("softmax_regression")", Task::classes)}) {
    const auto make = [&] {
      return make_model(R"([{"one_hot": {"max": 5000}}, )" + std::string(learner) + "]", task,
                        {{"x", FeatureKind::number}, {"shop", FeatureKind::text}});
    };
    auto straight = make(), loaded = make();
    SplitMix64 random(15);
    for (int i = 1; i <= 6'000; ++i) {
      const double x = i == 5'500 ? 1e20 : random.sum12();  // back to the copy
      const std::uint64_t shops = i < 3'000 ? 1'500 : 4'000;
      const std::string shop = "shop " + std::to_string(random.next() % shops);
      const std::string_view text = shop;
      const double y = task == Task::classes ? static_cast<double>(random.next() % 3)
                       : i == 5'500          ? 0
                                             : x;
      for (Model* one : {straight.get(), loaded.get()}) {
        one->observe_one({{&x, 1}, {&text, 1}});
        one->learn_one({{&x, 1}, {&text, 1}}, y, 1);
      }
      if (i % 700 == 0) {
        auto fresh = make();
        load(*fresh, saved(*loaded));
        loaded = std::move(fresh);
      }
      if (i % 500 != 0) continue;
      ASSERT_EQ(state_hash(*straight), state_hash(*loaded)) << learner << ", row " << i;
    }
    EXPECT_GT(straight->restored(), 0u) << learner;
  }
}

TEST(DivergenceGuard, DoesNotBlameTheModelForARowThatNobodyCanLearn) {
  auto model = make_model(R"(["linear_regression"])", Task::regression, number_features(1));
  const std::vector<double> one{1}, extreme{1e300};
  model->learn_one({one, {}}, 1, 1);
  const std::uint64_t before = state_hash(*model);
  EXPECT_FALSE(model->learn_one({extreme, {}}, 1, 1));
  EXPECT_FALSE(model->learn_one({one, {}}, 1e300, 1));
  EXPECT_EQ(state_hash(*model), before);
}

TEST(DivergenceGuard, StaysQuietWhileTheFirstTargetsAreAllZeroAndTheInterceptIsNot) {
  auto model = make_model(R"([{"linear_regression": {"intercept_init": 50}}])", Task::regression,
                          number_features(1));
  SplitMix64 random(14);
  std::vector<double> x(1), scores;
  for (int i = 0; i < 5'000; ++i) {
    x[0] = random.sum12();
    model->learn_one({x, {}}, i < 300 ? 0 : 1 + 2 * x[0], 1);
  }
  EXPECT_EQ(model->restored(), 0u);
  x[0] = 1;
  ASSERT_TRUE(model->predict_one({x, {}}, scores));
  EXPECT_NEAR(scores[0], 3, 1e-3);
}

TEST(DivergenceGuard, StaysQuietOnConstantTargetsAndOnOneClass) {
  SplitMix64 random(13);
  auto number = make_model(R"(["linear_regression"])", Task::regression, number_features(3));
  auto truth = make_model(R"(["logistic_regression"])", Task::binary, number_features(3));
  auto label = make_model(R"(["softmax_regression"])", Task::classes, number_features(3));
  for (int i = 0; i < 60'000; ++i) {
    const std::vector<double> x{random.sum12(), random.sum12(), random.sum12()};
    const bool turned = i >= 50'000;  // after 50,000 rows of one kind the other comes
    number->learn_one({x, {}}, turned ? -1'000 : 1'000, 1);
    truth->learn_one({x, {}}, turned ? 0 : 1, 1);
    label->learn_one({x, {}}, turned ? 0 : 1, 1);
  }
  EXPECT_EQ(number->restored(), 0u);
  EXPECT_EQ(truth->restored(), 0u);
  EXPECT_EQ(label->restored(), 0u);
}

}  // namespace
}  // namespace weir
