#include "monitoring/metrics/r2.h"

#include <limits>

#include "monitoring/metrics/squared_error.h"

namespace weir {
namespace {

class R2 final : public SquaredErrorMetric {
 public:
  double value() const override {
    if (labels_.count < 2) return std::numeric_limits<double>::quiet_NaN();
    if (labels_.squares == 0) return sum_ == 0 ? 1 : 0;
    return 1 - sum_ / labels_.squares;
  }
};

}  // namespace

std::unique_ptr<Metric> make_r2(Task, bool) { return std::make_unique<R2>(); }

}  // namespace weir
