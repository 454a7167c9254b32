#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/learner.h"
#include "models/transformer.h"
#include "tests/models/models.h"
#include "tests/models/splitmix.h"

namespace weir {
namespace {

/// One chain that holds a registry's row: every transformer in front of a learner of each task,
/// every learner behind the usual steps.
struct Member {
  std::string name;
  Task task;
  std::string steps;
};

void PrintTo(const Member& member, std::ostream* out) { *out << member.name; }

std::string task_name(Task task) {
  if (task == Task::binary) return "binary";
  return task == Task::classes ? "classes" : "regression";
}

std::string default_learner(Task task) {
  if (task == Task::binary) return "logistic_regression";
  return task == Task::classes ? "softmax_regression" : "linear_regression";
}

std::vector<Member> members() {
  std::vector<Member> all;
  for (const TransformerType& type : transformer_types()) {
    if (!type.make) continue;
    const std::string name(type.name);
    // Whatever the step leaves undone, the steps behind it do.
    for (const Task task : {Task::binary, Task::classes, Task::regression})
      all.push_back({name + "_" + default_learner(task), task,
                     "[\"" + name + R"(", {"impute": "zero"}, {"one_hot": {"max": 20}}, ")" +
                         default_learner(task) + "\"]"});
  }
  for (const LearnerType& type : learner_types())
    if (type.make)
      for (const Task task : {Task::binary, Task::classes, Task::regression})
        if (type.tasks.contains(task))
          all.push_back({std::string(type.name) + "_" + task_name(task), task,
                         R"([{"impute": "mean"}, {"one_hot": {"max": 20}}, "standard_scaler", ")" +
                             std::string(type.name) + "\"]"});
  return all;
}

const std::vector<Feature> kFeatures = {{"a", FeatureKind::number},
                                        {"city", FeatureKind::text},
                                        {"flag", FeatureKind::boolean},
                                        {"b", FeatureKind::number},
                                        {"shop", FeatureKind::text}};

/// Rows with missing values and a growing number of texts.
class Rows {
 public:
  explicit Rows(std::uint64_t seed, Task task) : random_(seed), task_(task) {}

  void next() {
    const auto missing = [this] { return random_.u01() < 0.05; };
    for (double& x : numbers_) x = missing() ? std::nan("") : random_.sum12();
    if (!std::isnan(numbers_[1])) numbers_[1] = numbers_[1] > 0;
    for (std::size_t i = 0; i < 2; ++i) {
      texts_[i] = "t" + std::to_string(random_.next() % (i == 0 ? 10 : 500));
      views_[i] = missing() ? std::string_view() : std::string_view(texts_[i]);
    }
    const double signal = (std::isnan(numbers_[0]) ? 0 : numbers_[0]) + random_.sum12();
    y_ = task_ == Task::regression ? signal : task_ == Task::binary ? signal > 0 : label(signal);
  }
  Features features() const { return {numbers_, views_}; }
  double y() const { return y_; }

 private:
  static double label(double signal) { return signal > 1 ? 2 : signal > 0 ? 1 : 0; }

  SplitMix64 random_;
  Task task_;
  std::vector<double> numbers_ = std::vector<double>(3);
  std::vector<std::string> texts_ = std::vector<std::string>(2);
  std::vector<std::string_view> views_ = std::vector<std::string_view>(2);
  double y_ = 0;
};

class ModelConformance : public testing::TestWithParam<Member> {
 protected:
  std::unique_ptr<Model> fresh() const {
    return make_model(GetParam().steps, GetParam().task, kFeatures);
  }
  Rows rows(std::uint64_t seed) const { return Rows(seed, GetParam().task); }

  /// Learns `count` rows and returns every score on the way.
  static std::vector<double> run(Model& model, Rows& rows, int count) {
    std::vector<double> all, scores;
    for (int i = 0; i < count; ++i) {
      rows.next();
      if (model.predict_one(rows.features(), scores))
        all.insert(all.end(), scores.begin(), scores.end());
      model.observe_one(rows.features());
      model.learn_one(rows.features(), rows.y(), 1);
    }
    return all;
  }
};

TEST_P(ModelConformance, PredictsFinitelyBeforeItHasLearned) {
  auto model = fresh();
  Rows stream = rows(1);
  std::vector<double> scores;
  for (int i = 0; i < 100; ++i) {
    stream.next();
    if (!model->predict_one(stream.features(), scores)) continue;
    EXPECT_EQ(scores.size(), GetParam().task == Task::classes ? 0u : 1u);
    for (const double score : scores) EXPECT_TRUE(std::isfinite(score));
  }
}

TEST_P(ModelConformance, GivesTheSameScoresAndStateForTheSameRows) {
  auto one = fresh(), two = fresh();
  Rows first = rows(2), second = rows(2);
  EXPECT_EQ(run(*one, first, 5'000), run(*two, second, 5'000));
  EXPECT_EQ(state_hash(*one), state_hash(*two));
}

TEST_P(ModelConformance, DoesNotChangeItsStateWhenItPredicts) {
  auto model = fresh();
  Rows stream = rows(3);
  run(*model, stream, 500);
  const std::uint64_t before = state_hash(*model);
  std::vector<double> scores;
  for (int i = 0; i < 500; ++i) {
    stream.next();
    model->predict_one(stream.features(), scores);
  }
  EXPECT_EQ(state_hash(*model), before);
}

TEST_P(ModelConformance, LearnsTheSameHoweverManyPredictionsStandBetween) {
  auto quiet = fresh(), asked = fresh();
  Rows first = rows(4), second = rows(4), other = rows(5);
  std::vector<double> scores;
  for (int i = 0; i < 1'000; ++i) {
    first.next();
    second.next();
    other.next();
    quiet->observe_one(first.features());
    asked->observe_one(second.features());
    asked->predict_one(other.features(), scores);
    quiet->learn_one(first.features(), first.y(), 1);
    asked->learn_one(second.features(), second.y(), 1);
  }
  EXPECT_EQ(state_hash(*quiet), state_hash(*asked));
}

TEST_P(ModelConformance, LearnsALateLabelFromTheFeaturesGivenWhateverItServedLast) {
  auto model = fresh();
  std::vector<Rows> late(51, rows(6));
  for (std::size_t i = 0; i < late.size(); ++i)
    for (std::size_t j = 0; j <= i; ++j) late[i].next();
  for (Rows& row : late) model->observe_one(row.features());
  auto twin = fresh();  // has served none of them
  load(*twin, saved(*model));
  std::vector<double> scores;
  for (std::size_t i = 0; i < late.size(); ++i) {
    model->predict_one(late[(i + 20) % late.size()].features(), scores);
    for (Model* one : {model.get(), twin.get()}) one->learn_one(late[i].features(), late[i].y(), 1);
  }
  EXPECT_EQ(state_hash(*model), state_hash(*twin));
}

TEST_P(ModelConformance, GoesOnBitForBitWhenSavedAndLoadedInMidStream) {
  auto whole = fresh();
  Rows stream = rows(7);
  run(*whole, stream, 1'250);
  auto restored = fresh();
  load(*restored, saved(*whole));
  EXPECT_EQ(state_hash(*restored), state_hash(*whole));
  Rows again = stream;
  EXPECT_EQ(run(*whole, stream, 2'000), run(*restored, again, 2'000));
  EXPECT_EQ(state_hash(*restored), state_hash(*whole));
}

TEST_P(ModelConformance, RefusesAStateThatIsCutShort) {
  auto model = fresh();
  Rows stream = rows(8);
  run(*model, stream, 300);
  const std::string bytes = saved(*model);
  for (std::size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 97) {
    auto other = fresh();
    StateReader reader(std::string_view(bytes).substr(0, size));
    EXPECT_THROW(other->state(reader), StateError) << size;
  }
}

TEST_P(ModelConformance, KeepsItsMemoryBoundedOver100000Rows) {
  auto model = fresh();
  Rows stream = rows(9);
  StateSizer early, late;
  run(*model, stream, 20'000);
  model->state(early);
  run(*model, stream, 80'000);
  model->state(late);
  EXPECT_EQ(late.size(), early.size());
}

TEST_P(ModelConformance, SurvivesAConstantStream) {
  auto model = fresh();
  const std::vector<double> numbers{5, 1, -3};
  const std::vector<std::string_view> texts{"x", "y"};
  std::vector<double> scores;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(model->predict_one({numbers, texts}, scores));
    for (const double score : scores) ASSERT_TRUE(std::isfinite(score));
    model->observe_one({numbers, texts});
    model->learn_one({numbers, texts}, 1, 1);
  }
}

TEST_P(ModelConformance, SurvivesExtremeNumbersAndLearnsOnAfterThem) {
  constexpr double kMax = std::numeric_limits<double>::max();
  auto model = fresh();
  Rows stream = rows(10);
  std::vector<double> scores;
  for (const double extreme : {kMax, -kMax, 1e200, 1e-308, std::numeric_limits<double>::min(),
                               std::numeric_limits<double>::denorm_min(), 0.0, -0.0}) {
    run(*model, stream, 50);
    const std::vector<double> numbers{extreme, 1, -extreme};
    const std::vector<std::string_view> texts{"", std::string_view("\0\xff", 2)};
    if (!model->predict_one({numbers, texts}, scores)) scores.clear();
    for (const double score : scores) EXPECT_TRUE(std::isfinite(score)) << extreme;
    model->observe_one({numbers, texts});
    model->learn_one({numbers, texts}, GetParam().task == Task::regression ? extreme : 1, 1);
  }
  run(*model, stream, 20'000);
  for (const double score : run(*model, stream, 1'000)) {
    EXPECT_TRUE(std::isfinite(score));
    EXPECT_LT(std::abs(score), 1e3);
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, ModelConformance, testing::ValuesIn(members()),
                         [](const auto& of) { return of.param.name; });

TEST(Registry, IsSortedAndSaysOfEachRowWhetherItComesLater) {
  const auto sorted = [](const auto& types) {
    return std::ranges::is_sorted(types, {}, [](const auto& type) { return type.name; });
  };
  EXPECT_TRUE(sorted(transformer_types()));
  EXPECT_TRUE(sorted(learner_types()));
  for (const auto& type : transformer_types())
    EXPECT_EQ(type.make == nullptr, !type.later.empty()) << type.name;
  for (const auto& type : learner_types())
    EXPECT_EQ(type.make == nullptr, !type.later.empty()) << type.name;
}

TEST(Registry, BeginsTheDocOfALearnerWithTheTypesOfItsTargets) {
  for (const LearnerType& type : learner_types()) {
    const std::string_view targets = type.doc.substr(0, type.doc.find(':'));
    const auto named = [&](const char* word) { return targets.find(word) != targets.npos; };
    EXPECT_EQ(named("boolean"), type.tasks.contains(Task::binary)) << type.name;
    EXPECT_EQ(named("text"), type.tasks.contains(Task::classes)) << type.name;
    EXPECT_EQ(named("number"), type.tasks.contains(Task::regression)) << type.name;
  }
}

}  // namespace
}  // namespace weir
