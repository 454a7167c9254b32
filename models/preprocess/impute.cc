#include "models/preprocess/impute.h"

#include <cmath>
#include <utility>

namespace weir {

void Impute::Options::describe(OptionVisitor& option) {
  option("with", with, {.doc = "what replaces a missing value", .choices = "mean|zero|constant"});
  option("value", value, {.doc = "the constant", .example = "-1"});
  option("fields", fields, {.doc = "columns to impute; default: every number and boolean"});
  if (!option.reading()) return;
  if (with == "constant" && !value) option.fail("with", "`constant` needs a `value`");
  if (with != "constant" && value) option.fail("value", "needs `with: constant`");
}

Impute::Impute(const Options& options, std::vector<std::size_t> columns)
    : learns_(options.with == "mean"),
      columns_(std::move(columns)),
      counts_(columns_.size()),
      values_(columns_.size(), options.with == "constant" ? options.value.value_or(0) : 0) {}

void Impute::transform_one(Row& row) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    double& x = row.numbers[columns_[i]];
    if (std::isnan(x)) x = values_[i];
  }
}

void Impute::observe_one(Row& row) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    double& x = row.numbers[columns_[i]];
    if (std::isnan(x)) {
      x = values_[i];
    } else if (learns_ && std::abs(x) <= kLargestLearned) {
      values_[i] += (x - values_[i]) / static_cast<double>(++counts_[i]);
    }
  }
}

void Impute::state(StateVisitor& visit) {
  visit.version("impute", 1);
  if (!learns_) return;
  visit(counts_, values_);
  if (counts_.size() != columns_.size() || values_.size() != columns_.size())
    throw StateError("impute: the state has a different number of columns");
}

namespace {

class ImputeSpec final : public TransformerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  std::vector<FeatureKind> kinds() const override {
    return {FeatureKind::number, FeatureKind::boolean};
  }
  std::vector<FeatureColumn> bind(Columns& columns, Mistakes& mistakes) override {
    auto chosen = select_columns(columns, options_.fields, kinds(), mistakes);
    columns_ = indexes(chosen);
    return chosen;
  }
  std::unique_ptr<Transformer> make() const override {
    return std::make_unique<Impute>(options_, columns_);
  }

 private:
  Impute::Options options_;
  std::vector<std::size_t> columns_;
};

}  // namespace

std::unique_ptr<TransformerSpec> make_impute_spec() { return std::make_unique<ImputeSpec>(); }

}  // namespace weir
