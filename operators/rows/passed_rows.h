#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"

namespace weir {

/// Passes some rows of a batch on: `out` gets the rows `kept` of `in` (ascending) with its fields.
/// Columns for which `needed` is false are left null. When all rows are kept, `out` borrows from
/// `in`. Cost: otherwise a copy per value.
void pass_rows(const Batch& in, std::span<const std::uint32_t> kept,
               const std::vector<bool>& needed, Arena& arena, Batch& out);

}  // namespace weir
