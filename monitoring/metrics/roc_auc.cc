#include "monitoring/metrics/roc_auc.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

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

class BinnedRocAuc final : public Metric {
 public:
  BinnedRocAuc() { reset(); }

  void add(const Outcome& outcome) override {
    const double bin = std::clamp(outcome.score * kBins, 0.0, kBins - 1);
    auto& counts = outcome.label == 1 ? positive_ : negative_;
    ++counts[static_cast<std::size_t>(bin)];
  }

  double value() const override {
    double twice_won = 0;  // exact up to 2^53 pairs, and to 1e-16 beyond
    std::uint64_t positive = 0;
    std::uint64_t negative = 0;
    for (std::size_t bin = 0; bin < positive_.size(); ++bin) {
      twice_won +=
          static_cast<double>(positive_[bin]) * static_cast<double>(2 * negative + negative_[bin]);
      positive += positive_[bin];
      negative += negative_[bin];
    }
    return area(twice_won, positive, negative);
  }

  void reset() override {
    positive_.assign(static_cast<std::size_t>(kBins), 0);
    negative_.assign(static_cast<std::size_t>(kBins), 0);
  }
  void state(StateVisitor& visit) override {
    visit(positive_, negative_);
    if (positive_.size() != static_cast<std::size_t>(kBins) || negative_.size() != positive_.size())
      throw StateError("roc_auc: the state has a different number of bins");
  }

 private:
  static constexpr double kBins = 65'536;
  std::vector<std::uint64_t> positive_;  // rows by bin
  std::vector<std::uint64_t> negative_;
};

}  // namespace

std::unique_ptr<Metric> make_roc_auc(Task, bool bounded) {
  if (bounded) return std::make_unique<BinnedRocAuc>();
  return std::make_unique<ExactRocAuc>();
}

}  // namespace weir
