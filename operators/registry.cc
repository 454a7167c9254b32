#include "operators/registry.h"

#include <array>

#include "operators/features.h"
#include "operators/filter.h"

namespace weir {
namespace {

constexpr std::array kOperators = {
    OperatorType{"alert", "fires and resolves alerts", "watching", nullptr},
    OperatorType{"decide", "chooses an action and learns from what it brings", "learners", nullptr},
    OperatorType{"dedupe", "passes the first row of each key", "learners", nullptr},
    OperatorType{"experiment", "compares variants", "later", nullptr},
    OperatorType{"features", "computes values of a row and aggregates over earlier rows of its key",
                 "", make_features},
    OperatorType{"filter", "passes the rows for which an expression is true", "", make_filter},
    OperatorType{"join", "adds the latest row of another stream", "learners", nullptr},
    OperatorType{"repartition", "sends rows to the shard of another key", "later", nullptr},
    OperatorType{"rollout", "brings a new model version to a growing share of rows", "later",
                 nullptr},
    OperatorType{"window", "one row a closed window", "later", nullptr},
};

}  // namespace

std::span<const OperatorType> operator_types() { return kOperators; }

}  // namespace weir
