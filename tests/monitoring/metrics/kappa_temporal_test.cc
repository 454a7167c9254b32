#include "monitoring/metrics/kappa_temporal.h"

#include <gtest/gtest.h>

#include "tests/monitoring/metrics/outcomes_test.h"

namespace weir {
namespace {

/// The outcome of a row of which nothing but label and prediction matters.
Outcome row(double label, double prediction) { return {.label = label, .prediction = prediction}; }

TEST(KappaTemporal, IsZeroForTheLastLabelButForTheFirstRow) {
  const auto metric = make_kappa_temporal(Task::binary, false);
  const double labels[] = {1, 1, 0, 1, 1, 1, 0, 0};
  double last = 0;  // the first prediction is wrong for both
  for (const double label : labels) {
    metric->add(row(label, last));
    last = label;
  }
  EXPECT_DOUBLE_EQ(metric->value(), 0);
}

TEST(KappaTemporal, FollowsItsFormula) {
  const auto metric = make_kappa_temporal(Task::binary, false);
  const double labels[] = {1, 1, 0, 0, 0, 1};       // unchanged: 3 of 6
  const double predictions[] = {1, 1, 0, 1, 0, 1};  // right: 5 of 6
  for (int i = 0; i < 6; ++i) metric->add(row(labels[i], predictions[i]));
  EXPECT_DOUBLE_EQ(metric->value(), (5.0 / 6 - 0.5) / 0.5);
}

TEST(KappaTemporal, RemembersTheLabelBeforeTheWindow) {
  const auto metric = make_kappa_temporal(Task::binary, false);
  metric->add(row(1, 1));
  metric->reset();
  metric->add(row(1, 1));  // unchanged
  metric->add(row(0, 0));
  EXPECT_DOUBLE_EQ(metric->value(), (1 - 0.5) / 0.5);
}

TEST(KappaTemporal, FollowsTheLabelItIsTold) {
  const auto metric = make_kappa_temporal(Task::binary, false);
  metric->follow(1);
  metric->add(row(1, 1));  // unchanged
  metric->add(row(0, 0));
  EXPECT_DOUBLE_EQ(metric->value(), (1 - 0.5) / 0.5);
}

TEST(KappaTemporal, IsUndefinedWhereTheLastLabelIsAlwaysRight) {
  const auto metric = make_kappa_temporal(Task::binary, false);
  metric->add(row(1, 1));
  metric->reset();
  metric->add(row(1, 0));
  EXPECT_TRUE(std::isnan(metric->value()));
}

TEST(KappaTemporal, CountsAPredictionOfNoClassAsWrong) {
  EXPECT_EQ(value_of(make_kappa_temporal(Task::classes, false), {row(1, -1)}), 0);
}

}  // namespace
}  // namespace weir
