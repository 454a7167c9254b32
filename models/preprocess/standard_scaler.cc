#include "models/preprocess/standard_scaler.h"

#include <algorithm>
#include <cmath>

namespace weir {
namespace {

constexpr std::uint64_t kFirstRows = 100;      // of a column: they are not clipped
constexpr std::uint8_t kBelieved = 10;         // values clipped in a row; from then on the
constexpr std::uint64_t kBelievedRows = 1000;  // column counts as having this many at most

bool learned(double x) { return std::abs(x) <= kLargestLearned; }

double inverse(double variance) { return variance > 0 ? 1 / std::sqrt(variance) : 0; }

}  // namespace

void StandardScaler::Options::describe(OptionVisitor& option) {
  option("fields", fields,
         {.doc = "columns to scale; default: every number", .example = "[amount]"});
  option("clip", clip,
         {.doc = "most deviations from the mean that are learned and passed on after a column's "
                 "first 100 rows, or `none`",
          .min = 1,
          .choices = "none",
          .example = "20"});
}

double StandardScaler::Options::limit() const {
  const double* number = std::get_if<double>(&clip.value);
  return number ? *number : HUGE_VAL;
}

StandardScaler::StandardScaler(const Options& options, const std::vector<std::size_t>& columns)
    : limit_(options.limit()),
      unlearned_(columns.size()),
      clipped_(columns.size()),
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
  const double limit = rows_ < kFirstRows ? HUGE_VAL : limit_;
  for (const Run& run : runs_) {
    double* x = row.numbers.data() + run.column;
    const double* mean = means_.data() + run.at;
    const double* scale = inverses_.data() + run.at;
    double furthest = 0;
    for (std::size_t i = 0; i < run.length; ++i) {
      x[i] = (x[i] - mean[i]) * scale[i];
      furthest = std::max(furthest, std::abs(x[i]));
    }
    if (furthest <= limit) continue;
    for (std::size_t i = 0; i < run.length; ++i)
      if (std::abs(x[i]) > limit && rows_ - unlearned_[run.at + i] >= kFirstRows)
        x[i] = std::copysign(limit, x[i]);
  }
}

void StandardScaler::observe_one(Row& row) {
  ++rows_;
  const double share = 1 / static_cast<double>(rows_);
  bool apart = false;
  for (const Run& run : runs_) {
    double* x = row.numbers.data() + run.column;
    if (!apart_ && ordinary(run, x))
      observe_run(run, x, share);
    else
      apart |= observe_apart(run, x);
  }
  apart_ = apart;
}

/// Whether all columns are learned as they are.
bool StandardScaler::ordinary(const Run& run, const double* x) const {
  const double limit = rows_ <= kFirstRows ? HUGE_VAL : limit_;
  const double* mean = means_.data() + run.at;
  const double* scale = inverses_.data() + run.at;
  bool all = true;
  for (std::size_t i = 0; i < run.length; ++i) {
    all &= learned(x[i]);
    all &= std::abs(x[i] - mean[i]) * scale[i] <= limit;
  }
  return all;
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

/// The same arithmetic for columns that were not learned in every row, or with a value to clip.
/// Returns whether the next row is to come here, too.
bool StandardScaler::observe_apart(const Run& run, double* x) {
  for (std::size_t i = 0; i < run.length; ++i) {
    const std::size_t at = run.at + i;
    if (std::isnan(x[i])) {
      ++unlearned_[at];
      continue;
    }
    const double value = x[i];
    clip(at, x[i]);
    if (!learned(x[i])) {
      ++unlearned_[at];
      x[i] = (x[i] - means_[at]) * inverses_[at];
      continue;
    }
    const double share = 1 / static_cast<double>(rows_ - unlearned_[at]);
    const bool clipped = x[i] != value;
    observe_run({.column = run.column + i, .at = at, .length = 1}, x + i, share);
    if (clipped) x[i] = std::clamp((value - means_[at]) * inverses_[at], -limit_, limit_);
  }
  return any_apart(run.at, run.length);
}

/// Whether one of these columns has rows that it did not learn, or clipped its last value.
bool StandardScaler::any_apart(std::size_t first, std::size_t count) const {
  for (std::size_t at = first; at < first + count; ++at)
    if (unlearned_[at] > 0 || clipped_[at] > 0) return true;
  return false;
}

/// Brings a value within the limit; `rows_` counts its row already.
void StandardScaler::clip(std::size_t at, double& x) {
  const std::uint64_t known = rows_ - 1 - unlearned_[at];
  if (known < kFirstRows || inverses_[at] == 0) return;
  const double away = (x - means_[at]) * inverses_[at];
  if (!(std::abs(away) > limit_)) {
    clipped_[at] = 0;
    return;
  }
  if (clipped_[at] < kBelieved) ++clipped_[at];
  if (clipped_[at] == kBelieved && known >= kBelievedRows)
    unlearned_[at] = rows_ - kBelievedRows;
  x = means_[at] + std::copysign(limit_ / inverses_[at], away);
}

void StandardScaler::state(StateVisitor& visit) {
  visit.version("standard_scaler", 2);
  const std::size_t columns = inverses_.size();
  visit(rows_, unlearned_, clipped_, means_, variances_);
  if (!visit.loading()) return;
  if (unlearned_.size() != columns || clipped_.size() != columns || means_.size() != columns ||
      variances_.size() != columns)
    throw StateError("standard_scaler: the state has a different number of columns");
  std::transform(variances_.begin(), variances_.end(), inverses_.begin(), inverse);
  apart_ = any_apart(0, columns);
}

namespace {

class StandardScalerSpec final : public TransformerSpec {
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
    return std::make_unique<StandardScaler>(options_, columns_);
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
