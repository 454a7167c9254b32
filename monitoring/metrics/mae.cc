#include "monitoring/metrics/mae.h"

#include <cmath>

#include "monitoring/metrics/mean_loss.h"

namespace weir {
namespace {

class MeanAbsoluteError final : public Metric {
 public:
  void add(const Outcome& outcome) override {
    mean_.add(std::abs(outcome.label - outcome.prediction));
  }
  double value() const override { return mean_.value(); }
  void reset() override { mean_ = {}; }
  void state(StateVisitor& visit) override { visit(mean_); }

 private:
  MeanLoss mean_;
};

}  // namespace

std::unique_ptr<Metric> make_mae(Task, bool) { return std::make_unique<MeanAbsoluteError>(); }

}  // namespace weir
