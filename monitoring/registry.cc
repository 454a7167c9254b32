#include <array>
#include <memory>
#include <mutex>
#include <optional>

#include "monitoring/classification_metrics.h"
#include "monitoring/drift_detector.h"
#include "monitoring/evaluation.h"
#include "monitoring/ks_test.h"
#include "monitoring/mean_shift.h"
#include "monitoring/regression_metrics.h"
#include "monitoring/roc_auc.h"

namespace weir {
namespace {

template <class Detector>
class Spec final : public DetectorSpec {
 public:
  void describe(OptionVisitor& option) override {
    options_.describe(option);
    first_.reset();
  }
  /// Copies of one detector, so that what follows from the options (the thresholds of ks_test) is
  /// computed once, by the thread that asks first.
  std::unique_ptr<DriftDetector> make() const override {
    const std::lock_guard lock(filling_);
    if (!first_) first_.emplace(options_);
    return std::make_unique<Detector>(*first_);
  }

 private:
  typename Detector::Options options_;
  mutable std::mutex filling_;
  mutable std::optional<Detector> first_;  // never updated
};

template <class Detector>
std::unique_ptr<DetectorSpec> spec() {
  return std::make_unique<Spec<Detector>>();
}

constexpr DetectorType detector(std::string_view name, std::string_view doc,
                                std::unique_ptr<DetectorSpec> (*make)()) {
  return {.name = name, .doc = doc, .later = {}, .logic = 1, .make = make};
}

constexpr DetectorType later(std::string_view name, std::string_view doc) {
  return {.name = name, .doc = doc, .later = "watching", .logic = 0, .make = nullptr};
}

constexpr std::array kDetectors = {
    later("adwin", "adaptive window: a cut between two unequal means (Bifet and Gavalda 2007)"),
    later("chi2", "chi-squared test of category counts"),
    later("ddm", "error rate above its least value (Gama 2004)"),
    later("eddm", "distance between errors (Baena-Garcia 2006)"),
    later("hddm_a", "Hoeffding bound on means (Frias-Blanco 2015)"),
    later("hddm_w", "Hoeffding bound on weighted means (Frias-Blanco 2015)"),
    detector("ks_test", "two-sample Kolmogorov-Smirnov test of a window against a reference",
             spec<KsTest>),
    later("kswin", "Kolmogorov-Smirnov test within one sliding window (Raab 2020)"),
    detector("mean_shift", "mean of a window against a reference: Welch's test, or the sigma rule",
             spec<MeanShift>),
    later("page_hinkley", "cumulated deviation from the mean (Page 1954)"),
    later("psi", "population stability index"),
    later("wasserstein", "earth mover's distance to a reference"),
};

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

std::span<const DetectorType> detector_types() { return kDetectors; }

std::span<const MetricType> metric_types() { return kMetrics; }

}  // namespace weir
