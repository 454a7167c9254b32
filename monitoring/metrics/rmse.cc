#include "monitoring/metrics/rmse.h"

#include <cmath>
#include <limits>

#include "monitoring/metrics/squared_error.h"

namespace weir {
namespace {

class RootMeanSquaredError final : public SquaredErrorMetric {
 public:
  double value() const override {
    if (labels_.count == 0) return std::numeric_limits<double>::quiet_NaN();
    return std::sqrt(sum_ / static_cast<double>(labels_.count));
  }
};

}  // namespace

std::unique_ptr<Metric> make_rmse(Task, bool) { return std::make_unique<RootMeanSquaredError>(); }

}  // namespace weir
