#include "monitoring/metrics/kappa_temporal.h"

#include <cstdint>
#include <limits>

#include "monitoring/metrics/beyond_chance.h"

namespace weir {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

class KappaTemporal final : public Metric {
 public:
  void add(const Outcome& outcome) override {
    ++rows_;
    hits_ += outcome.prediction == outcome.label;
    unchanged_ += outcome.label == last_;
    last_ = outcome.label;
  }
  double value() const override {
    if (rows_ == 0) return kNaN;
    return beyond_chance(share(hits_), share(unchanged_));
  }
  void reset() override { rows_ = hits_ = unchanged_ = 0; }
  void follow(double label) override { last_ = label; }
  void state(StateVisitor& visit) override { visit(rows_, hits_, unchanged_, last_); }

 private:
  double share(std::uint64_t rows) const {
    return static_cast<double>(rows) / static_cast<double>(rows_);
  }

  std::uint64_t rows_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t unchanged_ = 0;
  double last_ = kNaN;
};

}  // namespace

std::unique_ptr<Metric> make_kappa_temporal(Task, bool) {
  return std::make_unique<KappaTemporal>();
}

}  // namespace weir
