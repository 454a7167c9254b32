#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pipeline/core/batch.h"
#include "pipeline/core/record.h"

namespace weir {

/// What the graph asks of the values of a source beyond their types: a number that says whose row
/// it is must not be ambiguous, and a label may have to be one of the classes. Cost: nothing where
/// nothing is asked.
class FieldRules {
 public:
  /// The fields must outlive it.
  explicit FieldRules(const std::vector<FieldSpec>& fields);

  /// Whether a row keeps to them; if not, `bad` says why. `columns`: one a field.
  bool hold(std::span<const MutableColumn> columns, std::size_t row, BadRecord& bad) const;

 private:
  const std::vector<FieldSpec>& fields_;
  std::vector<std::size_t> identities_;  // fields that are numbers
  std::vector<std::size_t> labels_;      // fields that are texts of given classes
};

}  // namespace weir
