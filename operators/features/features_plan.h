#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "operators/features/aggregate.h"
#include "operators/rows/row_key.h"
#include "pipeline/core/operator.h"

namespace weir {

/// A value as written: `amount_log: log1p(amount)`.
struct ValueOption {
  Written name;
  Written expression;
};

/// What a `features` operator computes, checked and in order.
struct FeaturesPlan {
  struct BoundAggregate {
    Aggregate aggregate;
    Expression argument;
  };
  struct BoundValue {
    Expression expression;
    std::size_t output = 0;  // its field in the output
  };

  /// Raised with the arithmetic.
  static constexpr std::uint32_t kLogic = 3;

  RowKey key;
  std::size_t max_keys = 1'000'000;
  std::int64_t ttl_ms = 0;
  std::size_t fields = 0;                  // of the input; then come aggregates, then values
  std::vector<BoundAggregate> aggregates;  // as written
  /// So that each comes after those that it uses. The scope of the expressions is: the input's
  /// fields, the aggregates, the values in this order.
  std::vector<BoundValue> values;
  /// Of the state: the keys, then each aggregate; none without aggregates.
  std::vector<StatePart> parts;
};

/// Checks aggregates and values against the input and declares the output. Fills `plan` as far as
/// it is right.
void bind_features(Binding& binding, const std::vector<Aggregate::Options>& aggregates,
                   const std::vector<ValueOption>& values, FeaturesPlan& plan);

}  // namespace weir
