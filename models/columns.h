#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/model.h"
#include "pipeline/core/options.h"

namespace weir {

/// One row on its way through the steps of a model.
struct Row {
  std::vector<double> numbers;              // by column: features first, then what steps add
  std::span<const std::string_view> texts;  // by column; a null data() is missing
  std::vector<std::uint32_t> indicators;    // numbers of the indicator columns that are 1
  /// Observing alone: indicator columns that from this row on stand for something else. A learner
  /// forgets what it knew of them.
  std::vector<std::uint32_t> freed = {};
};

/// Numbers beyond this, whose squares are not finite, are passed on but never learned: one of them
/// would ruin a running mean for good.
constexpr double kLargestLearned = 1e150;

/// A named column between two steps: a place in Row::numbers or, for a text, in Row::texts.
struct FeatureColumn {
  std::string name;
  FeatureKind kind = FeatureKind::number;
  std::size_t index = 0;
  bool scaled = false;  // a number that a step has brought to the size of others
};

/// What a step finds before it, and changes for the step after it.
struct Columns {
  std::vector<FeatureColumn> named;  // in the order of the features; encoders replace their texts
  std::size_t numbers = 0;           // length of Row::numbers
  std::size_t indicators = 0;        // indicator columns are numbered below this
};

/// The columns that a step works on: those named in `fields` or, when none are named, all of
/// `kinds`. A mistake is a name that no column has, that stands twice, or that is a text where
/// `kinds` are not (or the reverse).
std::vector<FeatureColumn> select_columns(const Columns& columns,
                                          const std::vector<Written>& fields,
                                          std::span<const FeatureKind> kinds,
                                          std::vector<ModelSpec::Mistake>& mistakes);

/// Says of the columns that a step has chosen that they are scaled.
void mark_scaled(Columns& columns, const std::vector<FeatureColumn>& chosen);

/// Their names for a person, the first few of many: "`a`, `b` and 3 more".
std::string name_list(const std::vector<FeatureColumn>& columns);

/// Their places in the row, in their order.
std::vector<std::size_t> indexes(const std::vector<FeatureColumn>& columns);

}  // namespace weir
