#include "monitoring/metrics/roc_auc.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "monitoring/sketches/ranked_scores.h"

namespace weir {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// `twice_won`: over pairs (true, false), 2 where the true row scores higher, 1 where equal.
double area(double twice_won, std::size_t positive, std::size_t negative) {
  if (positive == 0 || negative == 0) return kNaN;
  return twice_won / 2 / (static_cast<double>(positive) * static_cast<double>(negative));
}

class ExactRocAuc final : public Metric {
 public:
  void add(const Outcome& outcome) override {
    (outcome.label == 1 ? positive_ : negative_).push_back(outcome.score);
  }

  double value() const override {
    std::vector<double> positive = positive_;
    std::vector<double> negative = negative_;
    std::sort(positive.begin(), positive.end());
    std::sort(negative.begin(), negative.end());
    std::uint64_t twice_won = 0;
    std::size_t below = 0;      // negatives with a lower score
    std::size_t not_above = 0;  // or the same
    for (const double score : positive) {
      while (below < negative.size() && negative[below] < score) ++below;
      while (not_above < negative.size() && negative[not_above] <= score) ++not_above;
      twice_won += below + not_above;
    }
    return area(static_cast<double>(twice_won), positive.size(), negative.size());
  }

  void reset() override {
    positive_.clear();
    negative_.clear();
  }
  void state(StateVisitor& visit) override { visit(positive_, negative_); }

 private:
  std::vector<double> positive_;
  std::vector<double> negative_;
};

class BoundedRocAuc final : public Metric {
 public:
  void add(const Outcome& outcome) override { ranks_.add(outcome.score, outcome.label == 1); }
  double value() const override {
    return area(ranks_.twice_won(), ranks_.positive(), ranks_.negative());
  }
  void reset() override { ranks_.reset(); }
  void state(StateVisitor& visit) override { visit(ranks_); }

 private:
  RankedScores ranks_;
};

}  // namespace

std::unique_ptr<Metric> make_roc_auc(Task, bool bounded) {
  if (bounded) return std::make_unique<BoundedRocAuc>();
  return std::make_unique<ExactRocAuc>();
}

}  // namespace weir
