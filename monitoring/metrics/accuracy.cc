#include "monitoring/metrics/accuracy.h"

#include "monitoring/metrics/confusion_counts.h"

namespace weir {
namespace {

class Accuracy final : public CountsMetric {
 public:
  double value() const override { return counts_.accuracy(); }
};

}  // namespace

std::unique_ptr<Metric> make_accuracy(Task, bool) { return std::make_unique<Accuracy>(); }

}  // namespace weir
