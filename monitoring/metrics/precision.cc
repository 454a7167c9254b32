#include "monitoring/metrics/precision.h"

#include "monitoring/metrics/confusion_counts.h"

namespace weir {
namespace {

class Precision final : public ClassMetric {
 public:
  using ClassMetric::ClassMetric;

 private:
  double of(const ConfusionCounts::Class& one) const override {
    return ratio_or_zero(one.hits, one.predicted);
  }
};

}  // namespace

std::unique_ptr<Metric> make_precision(Task task, bool) {
  return std::make_unique<Precision>(task);
}

}  // namespace weir
