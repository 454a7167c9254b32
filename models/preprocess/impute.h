#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/transformer.h"

namespace weir {

/// Replaces missing numbers and booleans.
///
/// `mean` is the running mean of the column's values up to 1e150 so far, 0 before the first; `zero`
/// is 0; `constant` is `value`. A text is never imputed: encoders have a rule for a missing one.
/// Cost: O(1) time and 16 bytes a column. Default columns: numbers and booleans.
/// Source: as river.preprocessing.StatImputer with stats.Mean (0.26), to 1e-9.
class Impute final : public Transformer {
 public:
  struct Options {
    std::string with = "mean";
    std::optional<double> value;
    std::vector<Written> fields;

    void describe(OptionVisitor& option);
  };

  /// `columns` are indexes into Row::numbers.
  Impute(const Options& options, std::vector<std::size_t> columns);

  void transform_one(Row& row) const override;
  void observe_one(Row& row) override;
  void state(StateVisitor& visit) override;

 private:
  bool learns_;
  std::vector<std::size_t> columns_;
  std::vector<std::uint64_t> counts_;
  std::vector<double> values_;  // what replaces a missing number, by column
};

std::unique_ptr<TransformerSpec> make_impute_spec();

}  // namespace weir
