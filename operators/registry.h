#pragma once

#include <span>

#include "pipeline/core/operator.h"

namespace weir {

/// Every operator of the pipeline language, sorted by name; words that come later included.
std::span<const OperatorType> operator_types();

}  // namespace weir
