#pragma once

#include <memory>

#include "pipeline/core/operator.h"

namespace weir {

/// `filter { input, when }`: passes the rows for which `when` is true; missing is not true.
/// Cost: the expression, and a gather of the columns that someone reads. State: none.
std::unique_ptr<OperatorSpec> make_filter();

}  // namespace weir
