#include "operators/evaluate/quality_window.h"

#include <algorithm>

namespace weir {

QualityWindow::QualityWindow(const QualityPlan& plan, bool bounded, std::int64_t end)
    : judged_(plan.judged), end_(end) {
  for (std::size_t judged = 0; judged < plan.judged; ++judged)
    for (const MetricType* type : plan.metrics) metrics_.push_back(type->make(plan.task, bounded));
}

void QualityWindow::add(const Outcome* outcomes, std::int64_t time) {
  const std::size_t metrics = metrics_.size() / judged_;
  for (std::size_t i = 0; i < metrics_.size(); ++i) metrics_[i]->add(outcomes[i / metrics]);
  ++count_;
  from_ = std::min(from_, time);
  to_ = std::max(to_, time);
}

void QualityWindow::reset(std::int64_t end) {
  end_ = end;
  count_ = 0;
  from_ = std::numeric_limits<std::int64_t>::max();
  to_ = std::numeric_limits<std::int64_t>::min();
  for (const std::unique_ptr<Metric>& metric : metrics_) metric->reset();
}

void QualityWindow::follow(double label) {
  for (const std::unique_ptr<Metric>& metric : metrics_) metric->follow(label);
}

void QualityWindow::state(StateVisitor& visit) {
  visit(end_, count_, from_, to_);
  for (const std::unique_ptr<Metric>& metric : metrics_) visit(*metric);
}

}  // namespace weir
