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
/// Cost: O(1) time and 24 bytes a column. Default columns: numbers, codes of `ordinal` among them;
/// not booleans, not the indicators of `one_hot`.
/// Source: Welford 1962, Technometrics 4:419; as river.preprocessing.StandardScaler (0.26,
/// population variance), to 1e-9.
class StandardScaler final : public Transformer {
 public:
  struct Options {
    std::vector<Written> fields;

    void describe(OptionVisitor& option);
  };

  /// `columns` are indexes into Row::numbers.
  explicit StandardScaler(const std::vector<std::size_t>& columns);

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

  void observe_run(const Run& run, double* x, double share);
  void observe_sparse(const Run& run, double* x);

  std::vector<Run> runs_;
  std::uint64_t rows_ = 0;
  std::vector<std::uint64_t> unlearned_;  // rows without a value to learn, by column
  std::vector<double> means_;
  std::vector<double> variances_;  // population
  std::vector<double> inverses_;   // 1 / standard deviation; not state: it follows from it
  bool gaps_ = false;              // whether any column has unlearned rows; it follows too
};

std::unique_ptr<TransformerSpec> make_standard_scaler_spec();

}  // namespace weir
