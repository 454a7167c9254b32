#include <array>

#include "monitoring/metrics/classification_metrics.h"
#include "monitoring/metrics/metric.h"
#include "monitoring/metrics/regression_metrics.h"
#include "monitoring/metrics/roc_auc.h"

namespace weir {
namespace {

constexpr bool kTask = true;
constexpr bool kNot = false;

constexpr MetricType metric(std::string_view name, std::string_view doc, bool binary, bool classes,
                            bool regression, std::unique_ptr<Metric> (*make)(Task, bool)) {
  return {.name = name,
          .doc = doc,
          .later = {},
          .binary = binary,
          .classes = classes,
          .regression = regression,
          .make = make};
}

constexpr MetricType later_metric(std::string_view name, std::string_view doc, bool binary,
                                  bool classes, bool regression) {
  return {.name = name,
          .doc = doc,
          .later = "watching",
          .binary = binary,
          .classes = classes,
          .regression = regression,
          .make = nullptr};
}

constexpr std::array kMetrics = {
    metric("accuracy", "share of rows predicted right", kTask, kTask, kNot, make_accuracy),
    later_metric("balanced_accuracy", "mean recall of the classes", kTask, kTask, kNot),
    later_metric("brier", "mean squared distance of the score from the label", kTask, kNot, kNot),
    later_metric("calibration", "distance of scores from the rates they promise", kTask, kNot,
                 kNot),
    metric("f1", "harmonic mean of precision and recall; classes: their plain mean", kTask, kTask,
           kNot, make_f1),
    metric("kappa", "accuracy beyond chance (Cohen)", kTask, kTask, kNot, make_kappa),
    metric("kappa_temporal", "accuracy beyond predicting the last label", kTask, kTask, kNot,
           make_kappa_temporal),
    metric("log_loss", "mean natural log loss", kTask, kTask, kNot, make_log_loss),
    metric("mae", "mean absolute error", kNot, kNot, kTask, make_mae),
    later_metric("mape", "mean absolute error relative to the label", kNot, kNot, kTask),
    metric("precision", "share of the predicted that are right; classes: their plain mean", kTask,
           kTask, kNot, make_precision),
    metric("r2", "share of the label's variance explained", kNot, kNot, kTask, make_r2),
    metric("recall", "share of the labelled that are found; classes: their plain mean", kTask,
           kTask, kNot, make_recall),
    metric("rmse", "root of the mean squared error", kNot, kNot, kTask, make_rmse),
    metric("roc_auc", "chance that a true row scores above a false one", kTask, kNot, kNot,
           make_roc_auc),
};

}  // namespace

std::span<const MetricType> metric_types() { return kMetrics; }

}  // namespace weir
