#include "monitoring/metrics/kappa.h"

#include <limits>

#include "monitoring/metrics/beyond_chance.h"
#include "monitoring/metrics/confusion_counts.h"

namespace weir {
namespace {

class Kappa final : public CountsMetric {
 public:
  double value() const override {
    if (counts_.rows == 0) return std::numeric_limits<double>::quiet_NaN();
    const double rows = static_cast<double>(counts_.rows);
    double chance = 0;
    for (const ConfusionCounts::Class& one : counts_.classes)
      chance +=
          static_cast<double>(one.labelled) / rows * (static_cast<double>(one.predicted) / rows);
    return beyond_chance(counts_.accuracy(), chance);
  }
};

}  // namespace

std::unique_ptr<Metric> make_kappa(Task, bool) { return std::make_unique<Kappa>(); }

}  // namespace weir
