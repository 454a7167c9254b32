#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/model.h"
#include "pipeline/core/options.h"
#include "pipeline/core/state.h"

namespace weir {

/// One row on its way through the steps of a model.
struct Row {
  std::vector<double> numbers;              // by column: features first, then what steps add
  std::span<const std::string_view> texts;  // by column; a null data() is missing
  std::vector<std::uint32_t> indicators;    // numbers of the indicator columns that are 1
};

/// Numbers beyond this, whose squares are not finite, are passed on but never learned: one of them
/// would ruin a running mean for good.
constexpr double kLargestLearned = 1e150;

/// A named column between two steps: a place in Row::numbers or, for a text, in Row::texts.
struct FeatureColumn {
  std::string name;
  FeatureKind kind = FeatureKind::number;
  std::size_t index = 0;
};

/// What a step finds before it, and changes for the step after it.
struct Columns {
  std::vector<FeatureColumn> named;  // in the order of the features; encoders replace their texts
  std::size_t numbers = 0;           // length of Row::numbers
  std::size_t indicators = 0;        // indicator columns are numbered below this
};

/// A step that learns without a label and changes rows: a scaler, an imputer, an encoder.
class Transformer {
 public:
  virtual ~Transformer() = default;

  /// Changes the row by what is known so far. Pure.
  virtual void transform_one(Row& row) const = 0;

  /// Learns the row, then changes it by what is known now.
  virtual void observe_one(Row& row) = 0;

  virtual void state(StateVisitor& visit) = 0;
};

/// A step as written: its options and, once bound, its columns.
class TransformerSpec {
 public:
  using Mistakes = std::vector<ModelSpec::Mistake>;

  virtual ~TransformerSpec() = default;
  virtual void describe(OptionVisitor& option) = 0;
  /// Chooses its columns among those before it and makes them those after it. A mistake without
  /// a place of its own stands at the step's.
  virtual void bind(Columns& columns, Mistakes& mistakes) = 0;
  virtual std::unique_ptr<Transformer> make() const = 0;
};

/// A row of the table of steps (registry.cc).
struct TransformerType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;                      // not empty: known, but comes later
  std::uint32_t logic;                         // raised with its arithmetic
  std::unique_ptr<TransformerSpec> (*make)();  // null when it comes later
};

/// Every step that is not a learner, sorted by name.
std::span<const TransformerType> transformer_types();

/// The columns that a step works on: those named in `fields`, which must be numeric (or texts, for
/// `texts`), or, when none are named, all of the kinds in `standard`.
std::vector<FeatureColumn> select_columns(const Columns& columns,
                                          const std::vector<Written>& fields,
                                          std::span<const FeatureKind> standard, bool texts,
                                          TransformerSpec::Mistakes& mistakes);

}  // namespace weir
