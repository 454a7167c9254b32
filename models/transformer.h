#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "models/columns.h"
#include "models/model.h"
#include "pipeline/core/metrics.h"
#include "pipeline/core/options.h"
#include "pipeline/core/state.h"

namespace weir {

/// A step that learns without a label and changes rows: a scaler, an imputer, an encoder.
class Transformer {
 public:
  virtual ~Transformer() = default;

  /// Changes the row by what is known so far. Pure.
  virtual void transform_one(Row& row) const = 0;

  /// Learns the row, then changes it by what is known now. A step that gives an indicator column to
  /// something else says so in Row::freed.
  virtual void observe_one(Row& row) = 0;

  virtual void report(Reporter& /*report*/) const {}
  virtual void state(StateVisitor& visit) = 0;
};

/// A step as written: its options and, once bound, its columns.
class TransformerSpec {
 public:
  using Mistakes = std::vector<ModelSpec::Mistake>;

  virtual ~TransformerSpec() = default;
  virtual void describe(OptionVisitor& option) = 0;
  /// The kinds of columns that it works on unless `fields:` names them.
  virtual std::vector<FeatureKind> kinds() const = 0;
  /// Chooses its columns among those before it, makes them those after it, and returns those that
  /// it chose: none, and it has nothing to do. A mistake without a place of its own stands at the
  /// step's.
  virtual std::vector<FeatureColumn> bind(Columns& columns, Mistakes& mistakes) = 0;
  virtual std::unique_ptr<Transformer> make() const = 0;
};

/// A row of the table of steps (registry.cc).
struct TransformerType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;                      // not empty: known, but not available yet
  std::uint32_t logic;                         // raised with its arithmetic
  std::unique_ptr<TransformerSpec> (*make)();  // null if not available yet
};

/// Every step that is not a learner, sorted by name.
std::span<const TransformerType> transformer_types();

}  // namespace weir
