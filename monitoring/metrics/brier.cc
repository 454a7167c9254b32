#include "monitoring/metrics/brier.h"

#include "monitoring/metrics/mean_loss.h"

namespace weir {
namespace {

class Brier final : public Metric {
 public:
  void add(const Outcome& outcome) override {
    const double distance = outcome.score - outcome.label;
    mean_.add(distance * distance);
  }
  double value() const override { return mean_.value(); }
  void reset() override { mean_ = {}; }
  void state(StateVisitor& visit) override { visit(mean_); }

 private:
  MeanLoss mean_;
};

}  // namespace

std::unique_ptr<Metric> make_brier(Task, bool) { return std::make_unique<Brier>(); }

}  // namespace weir
