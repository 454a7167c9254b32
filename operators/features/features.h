#pragma once

#include <memory>

#include "pipeline/core/operator.h"

namespace weir {

/// `features { input, key, max_keys, ttl, aggregates, values }`: the row with its aggregates over
/// earlier rows of its key and with values computed from both.
///
/// An aggregate never sees its own row: a row's figures are those before it came, then its values
/// enter. Arguments of aggregates are expressions over the input's fields; values may use fields,
/// aggregates and each other. A row whose key is missing passes with cold aggregates (count 0,
/// others missing), is counted (`no_key`) and leaves nothing behind. One output row an input row.
///
/// Cost: expressions a column at a time; per row one look-up of its key and a few operations an
/// aggregate (see Aggregate). Memory: `max_keys` keys (see KeyedTable), each at most panes + 1
/// panes of 32 bytes an aggregate. State does not depend on who reads the output.
std::unique_ptr<OperatorSpec> make_features();

}  // namespace weir
