#include "monitoring/metrics/log_loss.h"

#include "monitoring/metrics/mean_loss.h"

namespace weir {
namespace {

class LogLoss final : public Metric {
 public:
  void add(const Outcome& outcome) override { mean_.add(outcome.loss); }
  double value() const override { return mean_.value(); }
  void reset() override { mean_ = {}; }
  void state(StateVisitor& visit) override { visit(mean_); }

 private:
  MeanLoss mean_;
};

}  // namespace

std::unique_ptr<Metric> make_log_loss(Task, bool) { return std::make_unique<LogLoss>(); }

}  // namespace weir
