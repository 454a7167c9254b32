#include "monitoring/metrics/recall.h"

#include "monitoring/metrics/confusion_counts.h"

namespace weir {
namespace {

class Recall final : public ClassMetric {
 public:
  using ClassMetric::ClassMetric;

 private:
  double of(const ConfusionCounts::Class& one) const override {
    return ratio_or_zero(one.hits, one.labelled);
  }
};

}  // namespace

std::unique_ptr<Metric> make_recall(Task task, bool) { return std::make_unique<Recall>(task); }

}  // namespace weir
