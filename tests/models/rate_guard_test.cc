#include "models/optim/rate_guard.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "models/optim/target_spread.h"
#include "tests/models/models.h"
#include "tests/models/splitmix.h"

namespace weir {
namespace {

TEST(RateBackoff, TenThousandHealthyRowsUndoAnyNumberOfSuddenRestores) {
  for (const int restores : {1, 22, 40, 1'000}) {
    RateBackoff backoff;
    for (int i = 0; i < restores; ++i) backoff.diverged(true);
    EXPECT_EQ(backoff.factor(), std::max(0x1p-100, std::exp2(-restores)));
    for (int window = 0; window < 100; ++window) backoff.healthy();
    EXPECT_EQ(backoff.factor(), 1) << restores;
    EXPECT_FALSE(backoff.recovering());
  }
}

TEST(RateBackoff, TriesARateThatDoesNotFitEverMoreRarely) {
  RateBackoff backoff;
  std::vector<int> waits;
  for (int attempt = 0; attempt < 8; ++attempt) {
    backoff.diverged(false);
    int windows = 0;
    while (backoff.recovering()) backoff.healthy(), ++windows;
    waits.push_back(windows);
  }
  EXPECT_EQ(waits, (std::vector<int>{2, 4, 8, 16, 32, 64, 128, 256}));
  for (int window = 0; window < 1'000; ++window) backoff.healthy();  // it does fit after all
  backoff.diverged(true);
  backoff.healthy();
  EXPECT_EQ(backoff.factor(), 1);
}

TEST(RateBackoff, GivesUpACopyThatDivergesTenTimesWithoutAHealthyWindow) {
  RateBackoff backoff;
  for (int i = 0; i < 9; ++i) backoff.diverged(false);
  EXPECT_FALSE(backoff.copy_is_useless());
  backoff.healthy();
  for (int i = 0; i < 9; ++i) backoff.diverged(false);
  EXPECT_FALSE(backoff.copy_is_useless());
  backoff.diverged(false);
  EXPECT_TRUE(backoff.copy_is_useless());
}

constexpr const char* kLearners[] = {R"("linear_regression")", R"("logistic_regression")",
                                     R"("softmax_regression")"};

Task task_of(const std::string& learner) {
  if (learner.find("linear") != std::string::npos) return Task::regression;
  return learner.find("logistic") != std::string::npos ? Task::binary : Task::classes;
}

/// The stream of a learner under test: y follows x, and a fill value stands in some rows.
class Stream {
 public:
  Stream(const std::string& learner, const std::string& steps)
      : task_(task_of(learner)),
        model_(make_model("[" + steps + learner + "]", task_, number_features(2))) {}

  void learn(double fill) {
    x_ = {random_.sum12(), random_.sum12()};
    const double sum = x_[0] - 2 * x_[1];
    const double y = task_ == Task::regression ? sum : sum > 0;
    if (fill != 0) x_[0] = fill;
    model_->observe_one({x_, {}});
    model_->learn_one({x_, {}}, y, 1);
  }
  Model& model() { return *model_; }

 private:
  Task task_;
  std::unique_ptr<Model> model_;
  SplitMix64 random_{21};
  std::vector<double> x_;
};

TEST(RateGuard, TheRateIsWholeAgain10000HealthyRowsAfterFillValues) {
  for (const std::string learner : kLearners)
    for (const double fill : {9.96921e36, 1.8446744073709552e19, -1e30}) {
      Stream stream(learner, "");
      for (int i = 0; i < 22'000; ++i) stream.learn(i > 2'000 && i % 500 == 100 ? fill : 0);
      ASSERT_GT(stream.model().restored(), 10u) << learner << fill;
      EXPECT_LE(stream.model().rate_factor(), 1);
      for (int i = 0; i < 10'000; ++i) stream.learn(0);
      EXPECT_EQ(stream.model().rate_factor(), 1) << learner << fill;
    }
}

TEST(RateGuard, HealsWithinAFewHundredRowsOfOneFillValue) {
  for (const std::string learner : kLearners) {
    Stream stream(learner, "");
    for (int i = 0; i < 2'001; ++i) stream.learn(0);
    for (int i = 0; i < 20 && stream.model().rate_factor() == 1; ++i) stream.learn(1e30);
    for (int i = 0; i < 5 && stream.model().rate_factor() == 1; ++i) stream.learn(0);
    EXPECT_LT(stream.model().rate_factor(), 1) << learner;
    for (int i = 0; i < 1'000; ++i) stream.learn(0);
    EXPECT_EQ(stream.model().rate_factor(), 1) << learner;
  }
}

TEST(RateGuard, ARateThatNeverFitsIsTriedRarelyAndCostsLittle) {
  // Unscaled features of 100: the factor must stay below about 2^-8.
  auto model = make_model(R"(["linear_regression"])", Task::regression, number_features(2));
  SplitMix64 random(11);
  std::vector<double> scores;
  double squares = 0, spread = 0;
  std::uint64_t before = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::vector<double> x{100 * random.sum12(), 100 * random.sum12()};
    const double y = 3 * x[0] - x[1];
    ASSERT_TRUE(model->predict_one({x, {}}, scores));
    if (i == 20'000) before = model->restored();
    if (i >= 20'000) squares += (scores[0] - y) * (scores[0] - y), spread += y * y;
    model->learn_one({x, {}}, y, 1);
  }
  EXPECT_LT(model->restored() - before, 20u);
  EXPECT_LT(squares, spread / 2);
}

TEST(RateGuard, FollowsAChangedUnitThatNothingScales) {
  auto model = make_model(R"(["linear_regression"])", Task::regression, number_features(1));
  SplitMix64 random(12);
  std::vector<double> scores;
  double late = 0, mean = 0;
  for (int i = 0; i < 12'000; ++i) {
    const double unit = i < 10'000 ? 1 : 1'000;
    const double x = random.sum12();
    const std::vector<double> row{unit * x};
    const double y = 3 * x;
    ASSERT_TRUE(model->predict_one({row, {}}, scores));
    if (i >= 11'500) late += std::abs(scores[0] - y), mean += std::abs(y);
    model->learn_one({row, {}}, y, 1);
  }
  EXPECT_LT(late, mean / 2);
}

TEST(RateGuard, ContinuesTheSameFromItsState) {
  RateGuard straight, loaded;
  NumberSpread spread;
  for (int i = 0; i < 500; ++i) {
    const double loss = i % 137 == 100 ? 1e40 : i % 7;
    spread.add(i % 3);
    straight.add(loss, spread);
  }
  load(loaded, saved(straight));
  for (int i = 0; i < 3'000; ++i) {
    EXPECT_EQ(straight.add(i % 5, spread), loaded.add(i % 5, spread));
    EXPECT_EQ(straight.factor(), loaded.factor());
  }
  EXPECT_EQ(straight.factor(), 1);
  EXPECT_EQ(state_hash(straight), state_hash(loaded));
}

}  // namespace
}  // namespace weir
