// What every metric of the table must do, whatever it measures.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>

#include "monitoring/metrics/metric.h"
#include "pipeline/core/state_visitors.h"
#include "tests/monitoring/metrics/outcomes_test.h"
#include "tests/monitoring/vectors_test.h"

namespace weir {
namespace {

std::vector<Outcome> outcomes_of(const nlohmann::json& one) {
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < one["y"].size(); ++i) {
    const double label = number(one["y"][i]);
    if (one["kind"] == "binary")
      outcomes.push_back(binary_outcome(label, number(one["score"][i])));
    else if (one["kind"] == "multiclass")
      outcomes.push_back(
          class_outcome(label, number(one["pred"][i]), number(one["label_proba"][i])));
    else
      outcomes.push_back(value_outcome(label, number(one["pred"][i])));
  }
  return outcomes;
}

Task task_of(const nlohmann::json& one) {
  if (one["kind"] == "binary") return Task::binary;
  return one["kind"] == "multiclass" ? Task::classes : Task::regression;
}

/// The figure of a case that a metric must give, or null: of classes, means are called `_macro`.
nlohmann::json figure(const nlohmann::json& one, const MetricType& type) {
  const std::string name(type.name);
  if (!type.fits(task_of(one))) return nullptr;
  const std::string macro = name + "_macro";
  return one.contains(macro) ? one[macro] : one.value(name, nlohmann::json());
}

TEST(Metrics, AgreeWithScikitLearn) {
  std::set<std::string_view> compared;
  int figures = 0;
  for (const auto& one : load_vectors("metrics.json")) {
    const std::vector<Outcome> outcomes = outcomes_of(one);
    for (const MetricType& type : metric_types()) {
      const nlohmann::json wanted = figure(one, type);
      if (!type.later.empty() || wanted.is_null()) continue;
      SCOPED_TRACE(one["kind"].dump() + " of " + std::to_string(outcomes.size()) + " " +
                   std::string(type.name));
      const std::unique_ptr<Metric> metric = type.make(task_of(one), false);
      metric->add(outcomes.back());
      metric->reset();
      EXPECT_TRUE(agrees(value_of(metric, outcomes), number(wanted), 1e-9, 1e-12));
      compared.insert(type.name);
      ++figures;
    }
  }
  for (const char* name : {"accuracy", "f1", "kappa", "log_loss", "mae", "precision", "r2",
                           "recall", "rmse", "roc_auc"})
    EXPECT_TRUE(compared.contains(name)) << name;
  EXPECT_GE(figures, 20 * 7 + 3 * 4 + 3 * 3);
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
    for (const bool bounded : {false, true})
      for (const Task task : type.tasks) rows.push_back({type, task, bounded});
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
      return value_outcome(label, label + random.sum12() / 2);
    }
    if (GetParam().task == Task::binary) return binary_outcome(random.u01() < 0.4, random.u01());
    const double label = std::floor(random.u01() * 5);
    const double share = random.u01();
    return class_outcome(label, share > 0.6 ? label : 2.0, share);
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
  const bool bins = GetParam().type.name == "roc_auc" && GetParam().bounded;
  for (int i = 0; i < (bins ? 8'192 * 20 : 100); ++i) metric->add(draw(random));
  const std::size_t early = saved(*metric).size();
  for (int i = 0; i < 100'000; ++i) metric->add(draw(random));
  const bool may_grow = GetParam().type.name == "roc_auc" && !GetParam().bounded;
  if (bins)  // they are merged when there are too many
    EXPECT_LT(saved(*metric).size(), 16'384 * 32 + 8'192 * 8 + 1'000);
  else
    EXPECT_EQ(saved(*metric).size(), early + (may_grow ? 800'000 : 0));
}

INSTANTIATE_TEST_SUITE_P(Table, EveryMetric, ::testing::ValuesIn(all_metrics()),
                         [](const auto& row) { return ::testing::PrintToString(row.param); });

TEST(MetricTable, IsSortedByNameAndSaysForWhichTasks) {
  const auto rows = metric_types();
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const MetricType& row : rows) {
    EXPECT_FALSE(row.doc.empty()) << row.name;
    EXPECT_FALSE(row.tasks.empty()) << row.name;
    EXPECT_EQ(row.make == nullptr, !row.later.empty()) << row.name;
  }
}

}  // namespace
}  // namespace weir
