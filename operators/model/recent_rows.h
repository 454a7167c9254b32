#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/batch.h"
#include "pipeline/core/metrics.h"
#include "pipeline/core/state.h"

namespace weir {

/// Figures over a model's last 10,000 rows: mean and deviation of the score, missing features.
///
/// Ten panes of 1,000 rows: a full pane replaces the oldest, so the figures cover the last 9,001 to
/// 10,000 rows; the same rows give the same bits wherever steps are cut. Rows without score count
/// for the features only. Sums are taken about the pane's first score, which keeps them exact.
class RecentRows {
 public:
  /// `features`: their names, numbers first, then texts.
  explicit RecentRows(std::vector<std::string> features) : features_(std::move(features)) {}

  /// `scores`: of the rows; `numbers` and `texts`: their feature columns, numbers first.
  void add(std::span<const double> scores, std::span<const double* const> numbers,
           std::span<const std::string_view* const> texts);

  double score_mean() const;
  double score_stddev() const;
  /// The share of rows in which a feature (numbers first, then texts) was missing.
  double null_ratio(std::size_t feature) const;

  /// What is known of the scores, and of each feature.
  void report_scores(Reporter& report) const;
  void report_missing(Reporter& report) const;
  void state(StateVisitor& visit);

 private:
  static constexpr std::uint32_t kPaneRows = 1'000;
  struct Pane {
    std::uint32_t rows = 0;
    std::uint32_t scores = 0;
    double origin = 0;  // the first score
    double sum = 0;     // of score - origin
    double squares = 0;
    std::vector<std::uint32_t> nulls;
    void state(StateVisitor& visit) { visit(rows, scores, origin, sum, squares, nulls); }
  };

  std::vector<std::string> features_;
  std::array<Pane, 10> panes_;
  std::uint32_t pane_ = 0;  // the one being filled
};

}  // namespace weir
