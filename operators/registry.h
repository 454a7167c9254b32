#pragma once

#include <span>

#include "pipeline/core/operator.h"

namespace weir {

/// Every operator of the pipeline language, sorted by name; with those that are not available yet.
std::span<const OperatorType> operator_types();

}  // namespace weir
