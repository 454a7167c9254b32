#include <array>

#include "monitoring/metrics/accuracy.h"
#include "monitoring/metrics/f1.h"
#include "monitoring/metrics/kappa.h"
#include "monitoring/metrics/kappa_temporal.h"
#include "monitoring/metrics/log_loss.h"
#include "monitoring/metrics/mae.h"
#include "monitoring/metrics/metric.h"
#include "monitoring/metrics/precision.h"
#include "monitoring/metrics/r2.h"
#include "monitoring/metrics/recall.h"
#include "monitoring/metrics/rmse.h"
#include "monitoring/metrics/roc_auc.h"

namespace weir {
namespace {

constexpr std::array kBinary = {Task::binary};
constexpr std::array kLabels = {Task::binary, Task::classes};
constexpr std::array kValues = {Task::regression};

// name, doc, later, tasks, make
constexpr auto kMetrics = std::to_array<MetricType>({
    {"accuracy", "share of rows predicted right", "", kLabels, make_accuracy},
    {"balanced_accuracy", "mean recall of the classes", "watching", kLabels, nullptr},
    {"brier", "mean squared distance of the score from the label", "watching", kBinary, nullptr},
    {"calibration", "distance of scores from the rates they promise", "watching", kBinary, nullptr},
    {"f1", "harmonic mean of precision and recall; classes: their plain mean", "", kLabels,
     make_f1},
    {"kappa", "accuracy beyond chance (Cohen)", "", kLabels, make_kappa},
    {"kappa_temporal", "accuracy beyond predicting the last label", "", kLabels,
     make_kappa_temporal},
    {"log_loss", "mean natural log loss", "", kLabels, make_log_loss},
    {"mae", "mean absolute error", "", kValues, make_mae},
    {"mape", "mean absolute error relative to the label", "watching", kValues, nullptr},
    {"precision", "share of the predicted that are right; classes: their plain mean", "", kLabels,
     make_precision},
    {"r2", "share of the label's variance explained", "", kValues, make_r2},
    {"recall", "share of the labelled that are found; classes: their plain mean", "", kLabels,
     make_recall},
    {"rmse", "root of the mean squared error", "", kValues, make_rmse},
    {"roc_auc", "chance that a true row scores above a false one", "", kBinary, make_roc_auc},
});

}  // namespace

std::span<const MetricType> metric_types() { return kMetrics; }

}  // namespace weir
