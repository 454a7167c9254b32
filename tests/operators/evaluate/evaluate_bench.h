#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "operators/evaluate/evaluate.h"
#include "tests/operators/operator_harness.h"

/// What the tests of `evaluate` run it on.
namespace weir::evaluate_test {

/// The fields of a model's outcomes.
inline Schema outcomes(Type label = Type::boolean, std::string prefix = "") {
  return {{{prefix + "prediction", label},
           {prefix + "score", Type::number},
           {prefix + "label", label},
           {prefix + "label_delay", Type::number},
           {prefix + "loss", Type::number}}};
}

/// An `evaluate` that reads `fraud.outcomes`.
inline OperatorBench bench(std::string_view options, Schema schema = outcomes(),
                           bool timed = true) {
  StreamRole role = StreamRole::outcomes("");
  role.producer = "fraud";
  return OperatorBench(make_evaluate(), options,
                       {{std::move(schema), timed, "fraud.outcomes", std::move(role)}});
}

}  // namespace weir::evaluate_test
