#include "models/preprocess/standard_scaler.h"

#include <algorithm>
#include <cmath>

namespace weir {
namespace {

bool learned(double x) { return std::abs(x) <= kLargestLearned; }

double inverse(double variance) { return variance > 0 ? 1 / std::sqrt(variance) : 0; }

}  // namespace

void StandardScaler::Options::describe(OptionVisitor& option) {
  option("fields", fields,
         {.doc = "columns to scale; default: every number", .example = "[amount]"});
}

StandardScaler::StandardScaler(const std::vector<std::size_t>& columns)
    : unlearned_(columns.size()),
      means_(columns.size()),
      variances_(columns.size()),
      inverses_(columns.size()) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!runs_.empty() && runs_.back().column + runs_.back().length == columns[i])
      ++runs_.back().length;
    else
      runs_.push_back({columns[i], i, 1});
  }
}

void StandardScaler::transform_one(Row& row) const {
  for (const Run& run : runs_) {
    double* x = row.numbers.data() + run.column;
    const double* mean = means_.data() + run.at;
    const double* scale = inverses_.data() + run.at;
    for (std::size_t i = 0; i < run.length; ++i) x[i] = (x[i] - mean[i]) * scale[i];
  }
}

void StandardScaler::observe_one(Row& row) {
  ++rows_;
  const double share = 1 / static_cast<double>(rows_);
  for (const Run& run : runs_) {
    double* x = row.numbers.data() + run.column;
    if (!gaps_ && std::all_of(x, x + run.length, learned))
      observe_run(run, x, share);
    else
      observe_sparse(run, x);
  }
}

void StandardScaler::observe_run(const Run& run, double* x, double share) {
  double* mean = means_.data() + run.at;
  double* variance = variances_.data() + run.at;
  double* scale = inverses_.data() + run.at;
  for (std::size_t i = 0; i < run.length; ++i) {
    const double before = x[i] - mean[i];
    mean[i] += before * share;
    const double after = x[i] - mean[i];
    variance[i] += (before * after - variance[i]) * share;
    scale[i] = inverse(variance[i]);
    x[i] = after * scale[i];
  }
}

/// The same arithmetic for columns that were not learned in every row.
void StandardScaler::observe_sparse(const Run& run, double* x) {
  for (std::size_t i = 0; i < run.length; ++i) {
    const std::size_t at = run.at + i;
    if (!learned(x[i])) {
      ++unlearned_[at];
      gaps_ = true;
      x[i] = (x[i] - means_[at]) * inverses_[at];
      continue;
    }
    const double share = 1 / static_cast<double>(rows_ - unlearned_[at]);
    observe_run({.column = run.column + i, .at = at, .length = 1}, x + i, share);
  }
}

void StandardScaler::state(StateVisitor& visit) {
  visit.version("standard_scaler", 1);
  const std::size_t columns = inverses_.size();
  visit(rows_, unlearned_, means_, variances_);
  if (!visit.loading()) return;
  if (unlearned_.size() != columns || means_.size() != columns || variances_.size() != columns)
    throw StateError("standard_scaler: the state has a different number of columns");
  std::transform(variances_.begin(), variances_.end(), inverses_.begin(), inverse);
  gaps_ = std::ranges::any_of(unlearned_, [](std::uint64_t n) { return n > 0; });
}

namespace {

class StandardScalerSpec final : public TransformerSpec {
 public:
  void describe(OptionVisitor& option) override { options_.describe(option); }
  void bind(Columns& columns, Mistakes& mistakes) override {
    columns_ = indexes(select_columns(columns, options_.fields, {FeatureKind::number}, mistakes));
  }
  std::unique_ptr<Transformer> make() const override {
    return std::make_unique<StandardScaler>(columns_);
  }

 private:
  StandardScaler::Options options_;
  std::vector<std::size_t> columns_;
};

}  // namespace

std::unique_ptr<TransformerSpec> make_standard_scaler_spec() {
  return std::make_unique<StandardScalerSpec>();
}

}  // namespace weir
