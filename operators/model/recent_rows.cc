#include "operators/model/recent_rows.h"

#include <algorithm>
#include <cmath>

namespace weir {

void RecentRows::add(std::span<const double> scores, std::span<const double* const> numbers,
                     std::span<const std::string_view* const> texts) {
  for (std::size_t row = 0; row < scores.size();) {
    if (panes_[pane_].rows == kPaneRows) {
      pane_ = (pane_ + 1) % panes_.size();
      std::vector<std::uint32_t> nulls = std::move(panes_[pane_].nulls);  // keeps its memory
      std::fill(nulls.begin(), nulls.end(), 0);
      panes_[pane_] = {};
      panes_[pane_].nulls = std::move(nulls);
    }
    Pane& pane = panes_[pane_];
    if (pane.nulls.empty()) pane.nulls.resize(features_.size());
    const std::size_t end = std::min(scores.size(), row + kPaneRows - pane.rows);
    for (std::size_t i = row; i < end; ++i) {
      if (is_missing(scores[i])) continue;
      if (pane.scores++ == 0) pane.origin = scores[i];
      const double away = scores[i] - pane.origin;
      pane.sum += away;
      pane.squares += away * away;
    }
    for (std::size_t f = 0; f < numbers.size(); ++f)
      for (std::size_t i = row; i < end; ++i) pane.nulls[f] += is_missing(numbers[f][i]);
    for (std::size_t f = 0; f < texts.size(); ++f)
      for (std::size_t i = row; i < end; ++i)
        pane.nulls[numbers.size() + f] += is_missing(texts[f][i]);
    pane.rows += static_cast<std::uint32_t>(end - row);
    row = end;
  }
}

double RecentRows::score_mean() const {
  double sum = 0;
  double count = 0;
  for (const Pane& pane : panes_) {
    sum += pane.origin * pane.scores + pane.sum;
    count += pane.scores;
  }
  return count == 0 ? kMissing : sum / count;
}

double RecentRows::score_stddev() const {
  const double mean = score_mean();
  double squares = 0;  // of score - mean
  double count = 0;
  for (const Pane& pane : panes_) {
    if (pane.scores == 0) continue;
    const double n = pane.scores;
    const double pane_away = pane.sum / n;
    const double shift = pane.origin + pane_away - mean;
    squares += pane.squares - n * pane_away * pane_away + n * shift * shift;
    count += n;
  }
  return count == 0 ? kMissing : std::sqrt(std::max(0.0, squares) / count);
}

double RecentRows::null_ratio(std::size_t feature) const {
  double nulls = 0;
  double rows = 0;
  for (const Pane& pane : panes_) {
    if (pane.rows == 0) continue;
    nulls += pane.nulls[feature];
    rows += pane.rows;
  }
  return rows == 0 ? kMissing : nulls / rows;
}

void RecentRows::report_scores(Reporter& report) const {
  if (const double mean = score_mean(); !is_missing(mean)) report(metric::model_score_mean, mean);
  if (const double deviation = score_stddev(); !is_missing(deviation))
    report(metric::model_score_stddev, deviation);
}

void RecentRows::report_missing(Reporter& report) const {
  for (std::size_t i = 0; i < features_.size(); ++i)
    if (const double ratio = null_ratio(i); !is_missing(ratio))
      report(metric::feature_null_ratio, {"field", features_[i]}, ratio);
}

void RecentRows::state(StateVisitor& visit) { visit(panes_, pane_); }

}  // namespace weir
