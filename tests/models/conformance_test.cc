#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/learner.h"
#include "models/transformer.h"
#include "pipeline/core/state_visitors.h"
#include "tests/harness/contradictions.h"
#include "tests/models/members.h"
#include "tests/models/models.h"

namespace weir {
namespace {

class ModelConformance : public testing::TestWithParam<Member> {
 protected:
  std::unique_ptr<Model> fresh() const {
    return make_model(GetParam().steps, GetParam().task, member_features());
  }
  MemberRows rows(std::uint64_t seed) const { return MemberRows(seed, GetParam().task); }

  /// Learns `count` rows and returns every score on the way.
  static std::vector<double> run(Model& model, MemberRows& rows, int count) {
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
  MemberRows stream = rows(1);
  std::vector<double> scores;
  for (int i = 0; i < 100; ++i) {
    stream.next();
    if (!model->predict_one(stream.features(), scores)) continue;
    EXPECT_EQ(scores.size(), GetParam().task == Task::classes ? 0u : 1u);
    for (const double score : scores) EXPECT_TRUE(std::isfinite(score));
  }
}

TEST_P(ModelConformance, GivesAProbabilityOfEachClassOrOneNumber) {
  auto model = fresh();
  MemberRows stream = rows(11);
  run(*model, stream, 1'000);
  const Task task = GetParam().task;
  EXPECT_EQ(model->classes(), task == Task::classes ? 3u : 1u);
  std::vector<double> scores;
  for (int i = 0; i < 500; ++i) {
    stream.next();
    if (!model->predict_one(stream.features(), scores)) continue;
    ASSERT_EQ(scores.size(), model->classes());
    if (task == Task::regression) continue;
    double sum = 0;
    for (const double score : scores) {
      EXPECT_GE(score, 0);
      sum += score;
    }
    if (task == Task::classes)
      EXPECT_NEAR(sum, 1, 1e-12);
    else
      EXPECT_LE(sum, 1);
  }
}

TEST_P(ModelConformance, GivesTheSameScoresAndStateForTheSameRows) {
  auto one = fresh(), two = fresh();
  MemberRows first = rows(2), second = rows(2);
  EXPECT_EQ(run(*one, first, 5'000), run(*two, second, 5'000));
  EXPECT_EQ(state_hash(*one), state_hash(*two));
}

TEST_P(ModelConformance, DoesNotChangeItsStateWhenItPredicts) {
  auto model = fresh();
  MemberRows stream = rows(3);
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
  MemberRows first = rows(4), second = rows(4), other = rows(5);
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
  std::vector<MemberRows> late(51, rows(6));
  for (std::size_t i = 0; i < late.size(); ++i)
    for (std::size_t j = 0; j <= i; ++j) late[i].next();
  for (MemberRows& row : late) model->observe_one(row.features());
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
  MemberRows stream = rows(7);
  run(*whole, stream, 1'250);
  auto restored = fresh();
  load(*restored, saved(*whole));
  EXPECT_EQ(state_hash(*restored), state_hash(*whole));
  MemberRows again = stream;
  EXPECT_EQ(run(*whole, stream, 2'000), run(*restored, again, 2'000));
  EXPECT_EQ(state_hash(*restored), state_hash(*whole));
}

TEST_P(ModelConformance, RefusesAStateThatIsCutShort) {
  auto model = fresh();
  MemberRows stream = rows(8);
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
  MemberRows stream = rows(9);
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
  MemberRows stream = rows(10);
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

TEST_P(ModelConformance, SurvivesWeightsOfAnySize) {
  auto model = fresh();
  MemberRows stream = rows(12);
  run(*model, stream, 500);
  for (const double weight : {1e-300, 1e12, 1e200, std::numeric_limits<double>::max()}) {
    stream.next();
    model->observe_one(stream.features());
    model->learn_one(stream.features(), stream.y(), weight);
    for (const double score : run(*model, stream, 10)) EXPECT_TRUE(std::isfinite(score)) << weight;
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

TEST(Registry, HasOptionsWhoseDefaultsObeyTheirOwnRules) {
  const auto expect_no_contradictions = [](const auto& type) {
    if (!type.make) return;
    EXPECT_EQ(contradictions([&](OptionVisitor& option) { type.make()->describe(option); }),
              std::vector<std::string>{})
        << type.name;
  };
  for (const TransformerType& type : transformer_types()) expect_no_contradictions(type);
  for (const LearnerType& type : learner_types()) expect_no_contradictions(type);
}

TEST(Registry, SaysOfEachLearnerWhetherItReadsMissingNumbers) {
  const std::vector<double> whole{1, 2}, gap{1, std::nan("")};
  std::vector<double> scores;
  for (const LearnerType& type : learner_types()) {
    for (const Task task : kTasks) {
      if (!type.make || !type.tasks.contains(task)) continue;
      const std::string name(type.name);
      auto model = make_model("[\"" + name + "\"]", task, number_features(2));
      ASSERT_TRUE(model->learn_one({whole, {}}, 1, 1)) << name;
      const std::uint64_t before = state_hash(*model);
      EXPECT_EQ(model->predict_one({gap, {}}, scores), type.reads.missing) << name;
      EXPECT_EQ(model->learn_one({gap, {}}, 1, 1), type.reads.missing) << name;
      EXPECT_EQ(state_hash(*model) != before, type.reads.missing) << name;
    }
  }
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
