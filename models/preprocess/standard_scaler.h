#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/transformer.h"

namespace weir {

/// Centres numbers on their running mean and divides them by their running standard deviation.
///
/// Input: any numbers; a missing one stays missing and is not learned, nor is one beyond 1e150,
/// whose square is not finite. Output: unitless; 0 while the variance is 0.
/// Once a column has 100 values, one further than `clip` deviations from the mean is learned and
/// passed on as one at that distance. The tenth in a row is believed: the column then counts as
/// having at most 1,000 values, so that a changed unit is followed within some hundred.
/// Cost: O(1) time and 25 bytes a column. Default columns: numbers, codes of `ordinal` among them;
/// not booleans, not the indicators of `one_hot`.
/// Source: Welford 1962, Technometrics 4:419; as river.preprocessing.StandardScaler (0.26,
/// population variance), to 1e-9 with `clip: none`.
class StandardScaler final : public Transformer {
 public:
  struct Options {
    std::vector<Written> fields;
    Literal clip{20.0};  // or `none`

    void describe(OptionVisitor& option);
    /// Deviations; infinite: none.
    double limit() const;
  };

  /// `columns` are indexes into Row::numbers.
  StandardScaler(const Options& options, const std::vector<std::size_t>& columns);

  void transform_one(Row& row) const override;
  void observe_one(Row& row) override;
  void state(StateVisitor& visit) override;

  double mean(std::size_t i) const { return means_[i]; }
  double variance(std::size_t i) const { return variances_[i]; }

 private:
  /// Columns that lie side by side, here and in a row.
  struct Run {
    std::size_t column;
    std::size_t at;
    std::size_t length;
  };

  bool ordinary(const Run& run, const double* x) const;
  void observe_run(const Run& run, double* x, double share);
  bool observe_apart(const Run& run, double* x);
  bool any_apart(std::size_t first, std::size_t count) const;
  void clip(std::size_t at, double& x);

  double limit_;  // infinite: none
  std::vector<Run> runs_;
  std::uint64_t rows_ = 0;
  std::vector<std::uint64_t> unlearned_;  // rows without a value to learn, by column
  std::vector<std::uint8_t> clipped_;     // values clipped in a row, at most 10, by column
  std::vector<double> means_;
  std::vector<double> variances_;  // population
  std::vector<double> inverses_;   // 1 / standard deviation; not state: it follows from it
  bool apart_ = false;  // whether a column has unlearned rows or clipped values; it follows too
};

std::unique_ptr<TransformerSpec> make_standard_scaler_spec();

}  // namespace weir
