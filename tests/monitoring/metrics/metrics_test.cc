#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "monitoring/metrics/metric.h"
#include "tests/monitoring/vectors_test.h"

namespace weir {
namespace {

std::unique_ptr<Metric> make(const std::string& name, Task task, bool bounded = false) {
  for (const MetricType& type : metric_types())
    if (type.name == name) return type.make(task, bounded);
  ADD_FAILURE() << "no metric " << name;
  return nullptr;
}

double log_loss(double probability) {
  return -std::log(std::clamp(probability, 0x1p-52, 1 - 0x1p-52));
}

Outcome binary(double label, double score) {
  return {.label = label,
          .prediction = score > 0.5 ? 1.0 : 0.0,
          .score = score,
          .loss = log_loss(label == 1 ? score : 1 - score)};
}

std::vector<Outcome> outcomes_of(const nlohmann::json& one) {
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < one["y"].size(); ++i) {
    const double label = number(one["y"][i]);
    if (one["kind"] == "binary") {
      outcomes.push_back(binary(label, number(one["score"][i])));
    } else if (one["kind"] == "multiclass") {
      const double share = number(one["label_proba"][i]);
      outcomes.push_back({label, number(one["pred"][i]), share, log_loss(share)});
    } else {
      const double value = number(one["pred"][i]);
      outcomes.push_back({label, value, value, (label - value) * (label - value)});
    }
  }
  return outcomes;
}

Task task_of(const nlohmann::json& one) {
  if (one["kind"] == "binary") return Task::binary;
  return one["kind"] == "multiclass" ? Task::classes : Task::regression;
}

TEST(Metrics, AgreeWithScikitLearn) {
  const std::vector<std::pair<std::string, std::string>> figures = {{"accuracy", "accuracy"},
                                                                    {"log_loss", "log_loss"},
                                                                    {"roc_auc", "roc_auc"},
                                                                    {"f1", "f1"},
                                                                    {"f1", "f1_macro"},
                                                                    {"precision", "precision"},
                                                                    {"recall", "recall"},
                                                                    {"kappa", "kappa"},
                                                                    {"mae", "mae"},
                                                                    {"rmse", "rmse"},
                                                                    {"r2", "r2"}};
  int compared = 0;
  for (const auto& one : load_vectors("metrics.json")) {
    const std::vector<Outcome> outcomes = outcomes_of(one);
    for (const auto& [name, field] : figures) {
      if (!one.contains(field)) continue;
      SCOPED_TRACE(one["kind"].dump() + " of " + std::to_string(outcomes.size()) + " " + field);
      const std::unique_ptr<Metric> metric = make(name, task_of(one));
      metric->add(outcomes.back());
      metric->reset();
      for (const Outcome& outcome : outcomes) metric->add(outcome);
      EXPECT_TRUE(agrees(metric->value(), number(one[field]), 1e-9, 1e-12));
      ++compared;
    }
  }
  EXPECT_EQ(compared, 20 * 7 + 3 * 4 + 3 * 3);
}

TEST(Metrics, PrecisionAndRecallOfClassesAreMeansOverTheClassesSeen) {
  // Labels 0 0 2 2 4, predictions 0 2 2 2 0: class 1 and 3 never seen, class 4 never found.
  const auto precision = make("precision", Task::classes);
  const auto recall = make("recall", Task::classes);
  const double labels[] = {0, 0, 2, 2, 4};
  const double predictions[] = {0, 2, 2, 2, 0};
  for (int i = 0; i < 5; ++i) {
    precision->add({.label = labels[i], .prediction = predictions[i]});
    recall->add({.label = labels[i], .prediction = predictions[i]});
  }
  EXPECT_DOUBLE_EQ(precision->value(), (1.0 / 2 + 2.0 / 3 + 0) / 3);
  EXPECT_DOUBLE_EQ(recall->value(), (1.0 / 2 + 1 + 0) / 3);
}

TEST(Metrics, APredictionOfNoClassIsWrongForEveryFigure) {
  for (const char* name : {"accuracy", "precision", "recall", "f1", "kappa_temporal"}) {
    const auto metric = make(name, Task::classes);
    metric->add({.label = 1, .prediction = -1});
    EXPECT_EQ(metric->value(), 0) << name;
  }
}

TEST(KappaTemporal, IsZeroForTheLastLabelButForTheFirstRow) {
  const auto metric = make("kappa_temporal", Task::binary);
  const double labels[] = {1, 1, 0, 1, 1, 1, 0, 0};
  double last = 0;  // the first prediction is wrong for both
  for (const double label : labels) {
    metric->add({.label = label, .prediction = last});
    last = label;
  }
  EXPECT_DOUBLE_EQ(metric->value(), 0);
}

TEST(KappaTemporal, FollowsItsFormula) {
  const auto metric = make("kappa_temporal", Task::binary);
  const double labels[] = {1, 1, 0, 0, 0, 1};       // unchanged: 3 of 6
  const double predictions[] = {1, 1, 0, 1, 0, 1};  // right: 5 of 6
  for (int i = 0; i < 6; ++i) metric->add({.label = labels[i], .prediction = predictions[i]});
  EXPECT_DOUBLE_EQ(metric->value(), (5.0 / 6 - 0.5) / 0.5);
}

TEST(KappaTemporal, RemembersTheLabelBeforeTheWindow) {
  const auto metric = make("kappa_temporal", Task::binary);
  metric->add({.label = 1, .prediction = 1});
  metric->reset();
  metric->add({.label = 1, .prediction = 1});  // unchanged
  metric->add({.label = 0, .prediction = 0});
  EXPECT_DOUBLE_EQ(metric->value(), (1 - 0.5) / 0.5);
}

TEST(KappaTemporal, FollowsTheLabelItIsTold) {
  const auto metric = make("kappa_temporal", Task::binary);
  metric->follow(1);
  metric->add({.label = 1, .prediction = 1});  // unchanged
  metric->add({.label = 0, .prediction = 0});
  EXPECT_DOUBLE_EQ(metric->value(), (1 - 0.5) / 0.5);
}

TEST(KappaTemporal, IsUndefinedWhereTheLastLabelIsAlwaysRight) {
  const auto metric = make("kappa_temporal", Task::binary);
  metric->add({.label = 1, .prediction = 1});
  metric->reset();
  metric->add({.label = 1, .prediction = 0});
  EXPECT_TRUE(std::isnan(metric->value()));
}

TEST(RocAuc, OfTheWholeRunIsExactToItsBins) {
  SplitMix64 random(1);
  const auto exact = make("roc_auc", Task::binary, false);
  const auto binned = make("roc_auc", Task::binary, true);
  for (int i = 0; i < 50'000; ++i) {
    const double label = random.u01() < 0.1 ? 1 : 0;
    const double score = std::clamp(0.5 + 0.1 * random.sum12() + 0.1 * label, 0.0, 1.0);
    exact->add(binary(label, score));
    binned->add(binary(label, score));
  }
  EXPECT_GT(exact->value(), 0.7);
  EXPECT_NEAR(binned->value(), exact->value(), 1e-5);
}

TEST(RocAuc, BinsHoldScoresOnTheirEdges) {
  const auto binned = make("roc_auc", Task::binary, true);
  for (const double score : {0.0, 1.0, 0.5, 1.0 - 0x1p-53}) {
    binned->add(binary(0, score));
    binned->add(binary(1, score));
  }
  EXPECT_DOUBLE_EQ(binned->value(), 0.5);
}

TEST(RocAuc, CountsTiesHalf) {
  const auto metric = make("roc_auc", Task::binary);
  for (int i = 0; i < 10; ++i) metric->add(binary(i % 2, 0.3));
  EXPECT_EQ(metric->value(), 0.5);
}

TEST(R2, OfAConstantLabelIsOneOrZero) {
  const auto right = make("r2", Task::regression);
  const auto wrong = make("r2", Task::regression);
  for (int i = 0; i < 3; ++i) {
    right->add({.label = 2, .prediction = 2});
    wrong->add({.label = 2, .prediction = 2.5});
    EXPECT_EQ(std::isnan(right->value()), i == 0);
  }
  EXPECT_EQ(right->value(), 1);
  EXPECT_EQ(wrong->value(), 0);
}

/// A metric of the table, for one of its tasks, exact or bounded.
struct Row {
  MetricType type;
  Task task;
  bool bounded;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  const char* tasks[] = {"binary", "classes", "regression"};
  return out << row.type.name << "_" << tasks[static_cast<int>(row.task)]
             << (row.bounded ? "_bounded" : "");
}

std::vector<Row> all_metrics() {
  std::vector<Row> rows;
  for (const MetricType& type : metric_types()) {
    if (!type.later.empty()) continue;
    for (const bool bounded : {false, true}) {
      if (type.binary) rows.push_back({type, Task::binary, bounded});
      if (type.classes) rows.push_back({type, Task::classes, bounded});
      if (type.regression) rows.push_back({type, Task::regression, bounded});
    }
  }
  return rows;
}

class EveryMetric : public ::testing::TestWithParam<Row> {
 protected:
  std::unique_ptr<Metric> fresh() const {
    return GetParam().type.make(GetParam().task, GetParam().bounded);
  }

  Outcome draw(SplitMix64& random) const {
    if (GetParam().task == Task::regression) {
      const double label = random.sum12();
      const double value = label + random.sum12() / 2;
      return {label, value, value, (label - value) * (label - value)};
    }
    if (GetParam().task == Task::binary) return binary(random.u01() < 0.4, random.u01());
    const double label = std::floor(random.u01() * 5);
    const double share = random.u01();
    return {label, share > 0.6 ? label : 2.0, share, log_loss(share)};
  }

  static std::string saved(Metric& metric) {
    std::string bytes;
    StateWriter writer(bytes);
    metric.state(writer);
    return bytes;
  }
};

TEST_P(EveryMetric, IsUndefinedWithoutRowsAndAgainAfterReset) {
  const auto metric = fresh();
  EXPECT_TRUE(std::isnan(metric->value()));
  SplitMix64 random(2);
  for (int i = 0; i < 100; ++i) metric->add(draw(random));
  EXPECT_TRUE(std::isfinite(metric->value()));
  metric->reset();
  EXPECT_TRUE(std::isnan(metric->value()));
}

TEST_P(EveryMetric, ContinuesBitForBitWhereItWasSaved) {
  const auto metric = fresh();
  SplitMix64 random(3);
  for (int i = 0; i < 777; ++i) metric->add(draw(random));
  const std::string bytes = saved(*metric);
  const auto loaded = fresh();
  loaded->add(draw(random));
  StateReader reader(bytes);
  loaded->state(reader);
  EXPECT_EQ(reader.left(), 0u);
  for (int i = 0; i < 500; ++i) {
    const Outcome outcome = draw(random);
    metric->add(outcome);
    loaded->add(outcome);
  }
  EXPECT_EQ(metric->value(), loaded->value());
  EXPECT_EQ(saved(*metric), saved(*loaded));
}

TEST_P(EveryMetric, GrowsOnlyIfItCoversAWindowAndIsRocAuc) {
  const auto metric = fresh();
  SplitMix64 random(4);
  for (int i = 0; i < 100; ++i) metric->add(draw(random));
  const std::size_t early = saved(*metric).size();
  for (int i = 0; i < 100'000; ++i) metric->add(draw(random));
  const bool may_grow = GetParam().type.name == "roc_auc" && !GetParam().bounded;
  EXPECT_EQ(saved(*metric).size(), early + (may_grow ? 800'000 : 0));
}

INSTANTIATE_TEST_SUITE_P(Table, EveryMetric, ::testing::ValuesIn(all_metrics()),
                         [](const auto& row) { return ::testing::PrintToString(row.param); });

TEST(MetricTable, IsSortedByNameAndSaysForWhichTasks) {
  const auto rows = metric_types();
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const MetricType& row : rows) {
    EXPECT_TRUE(row.binary || row.classes || row.regression) << row.name;
    EXPECT_EQ(row.make == nullptr, !row.later.empty()) << row.name;
  }
}

}  // namespace
}  // namespace weir
