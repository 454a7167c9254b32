#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "models/transformer.h"

namespace weir {

/// Moves numbers to 0..1: (x - smallest) / (largest - smallest) of those learned so far.
///
/// Input: any numbers; a missing one stays missing and is not learned, nor is one beyond 1e150.
/// Output: unitless; below 0 or above 1 for a number beyond those learned; 0 before the first two
/// different ones.
/// Cost: O(1) time and 16 bytes a column. Default columns: numbers, codes of `ordinal` among them;
/// not booleans, not the indicators of `one_hot`.
/// Source: as river.preprocessing.MinMaxScaler (0.26), to 1e-9.
class MinMaxScaler final : public Transformer {
 public:
  struct Options {
    std::vector<Written> fields;

    void describe(OptionVisitor& option);
  };

  /// `columns` are indexes into Row::numbers.
  explicit MinMaxScaler(std::vector<std::size_t> columns);

  void transform_one(Row& row) const override;
  void observe_one(Row& row) override;
  void state(StateVisitor& visit) override;

 private:
  std::vector<std::size_t> columns_;
  std::vector<double> smallest_;  // infinite before the first number, as largest_
  std::vector<double> largest_;
};

std::unique_ptr<TransformerSpec> make_min_max_scaler_spec();

}  // namespace weir
