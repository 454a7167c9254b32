#include "operators/registry.h"

#include <array>

#include "operators/dedupe.h"
#include "operators/drift/drift.h"
#include "operators/evaluate/evaluate.h"
#include "operators/features/features.h"
#include "operators/filter.h"
#include "operators/model/model.h"

namespace weir {
namespace {

constexpr std::array kOperators = {
    OperatorType{"alert", "fires and resolves alerts", "later", nullptr},
    OperatorType{"decide", "chooses an action and learns from what it brings", "later", nullptr},
    OperatorType{"dedupe", "passes the first row of each key, for a time or a number of rows", "",
                 make_dedupe},
    OperatorType{"drift", "watches fields of a stream for a change", "", make_drift},
    OperatorType{"evaluate", "measures a model's outcomes over windows", "", make_evaluate},
    OperatorType{"experiment", "compares variants", "later", nullptr},
    OperatorType{"features", "computes values of a row and aggregates over earlier rows of its key",
                 "", make_features},
    OperatorType{"filter", "passes the rows for which an expression is true", "", make_filter},
    OperatorType{"join", "adds the latest row of another stream", "later", nullptr},
    OperatorType{"model", "scores rows and learns from their labels", "", make_model},
    OperatorType{"repartition", "sends rows to the shard of another key", "later", nullptr},
    OperatorType{"rollout", "brings a new model version to a growing share of rows", "later",
                 nullptr},
    OperatorType{"window", "one row a closed window", "later", nullptr},
};

}  // namespace

std::span<const OperatorType> operator_types() { return kOperators; }

}  // namespace weir
