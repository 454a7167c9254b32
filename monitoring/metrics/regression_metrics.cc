#include "monitoring/metrics/regression_metrics.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "monitoring/sketches/moments.h"

namespace weir {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

class MeanAbsoluteError final : public Metric {
 public:
  void add(const Outcome& outcome) override {
    ++rows_;
    sum_ += std::abs(outcome.label - outcome.prediction);
  }
  double value() const override { return rows_ == 0 ? kNaN : sum_ / static_cast<double>(rows_); }
  void reset() override {
    rows_ = 0;
    sum_ = 0;
  }
  void state(StateVisitor& visit) override { visit(rows_, sum_); }

 private:
  std::uint64_t rows_ = 0;
  double sum_ = 0;
};

/// The sum of squared errors beside the moments of the labels, for both RMSE and R2.
class SquaredError : public Metric {
 public:
  void add(const Outcome& outcome) override {
    const double error = outcome.label - outcome.prediction;
    sum_ += error * error;
    labels_.add(outcome.label);
  }
  void reset() override {
    sum_ = 0;
    labels_ = {};
  }
  void state(StateVisitor& visit) override { visit(sum_, labels_); }

 protected:
  double sum_ = 0;
  Moments labels_;
};

class RootMeanSquaredError final : public SquaredError {
 public:
  double value() const override {
    return labels_.count == 0 ? kNaN : std::sqrt(sum_ / static_cast<double>(labels_.count));
  }
};

class R2 final : public SquaredError {
 public:
  double value() const override {
    if (labels_.count < 2) return kNaN;
    if (labels_.squares == 0) return sum_ == 0 ? 1 : 0;
    return 1 - sum_ / labels_.squares;
  }
};

}  // namespace

std::unique_ptr<Metric> make_mae(Task, bool) { return std::make_unique<MeanAbsoluteError>(); }

std::unique_ptr<Metric> make_rmse(Task, bool) { return std::make_unique<RootMeanSquaredError>(); }

std::unique_ptr<Metric> make_r2(Task, bool) { return std::make_unique<R2>(); }

}  // namespace weir
