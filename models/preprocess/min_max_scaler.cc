#include "models/preprocess/min_max_scaler.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir {

void MinMaxScaler::Options::describe(OptionVisitor& option) {
  option("fields", fields,
         {.doc = "columns to scale; default: every number", .example = "[amount]"});
}

MinMaxScaler::MinMaxScaler(std::vector<std::size_t> columns)
    : columns_(std::move(columns)),
      smallest_(columns_.size(), HUGE_VAL),
      largest_(columns_.size(), -HUGE_VAL) {}

void MinMaxScaler::transform_one(Row& row) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    double& x = row.numbers[columns_[i]];
    const double range = largest_[i] - smallest_[i];
    if (!std::isnan(x)) x = range > 0 ? (x - smallest_[i]) / range : 0;
  }
}

void MinMaxScaler::observe_one(Row& row) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const double x = row.numbers[columns_[i]];
    if (!(std::abs(x) <= kLargestLearned)) continue;
    smallest_[i] = std::min(smallest_[i], x);
    largest_[i] = std::max(largest_[i], x);
  }
  transform_one(row);
}

void MinMaxScaler::state(StateVisitor& visit) {
  visit.version("min_max_scaler", 1);
  visit(smallest_, largest_);
  if (smallest_.size() != columns_.size() || largest_.size() != columns_.size())
    throw StateError("min_max_scaler: the state has a different number of columns");
}

namespace {

class MinMaxScalerSpec final : public TransformerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  std::vector<FeatureKind> kinds() const override { return {FeatureKind::number}; }
  std::vector<FeatureColumn> bind(Columns& columns, Mistakes& mistakes) override {
    auto chosen = select_columns(columns, options_.fields, kinds(), mistakes);
    mark_scaled(columns, chosen);
    columns_ = indexes(chosen);
    return chosen;
  }
  std::unique_ptr<Transformer> make() const override {
    return std::make_unique<MinMaxScaler>(columns_);
  }

 private:
  MinMaxScaler::Options options_;
  std::vector<std::size_t> columns_;
};

}  // namespace

std::unique_ptr<TransformerSpec> make_min_max_scaler_spec() {
  return std::make_unique<MinMaxScalerSpec>();
}

}  // namespace weir
