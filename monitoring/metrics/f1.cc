#include "monitoring/metrics/f1.h"

#include "monitoring/metrics/confusion_counts.h"

namespace weir {
namespace {

class F1 final : public ClassMetric {
 public:
  using ClassMetric::ClassMetric;

 private:
  double of(const ConfusionCounts::Class& one) const override {
    return ratio_or_zero(2 * one.hits, one.predicted + one.labelled);
  }
};

}  // namespace

std::unique_ptr<Metric> make_f1(Task task, bool) { return std::make_unique<F1>(task); }

}  // namespace weir
