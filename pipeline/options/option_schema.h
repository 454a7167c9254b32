#pragma once

#include <vector>

#include "pipeline/options/option_slot.h"
#include "pipeline/options/option_tree.h"

namespace weir {

/// JSON Schema (draft 2020-12) of one option's value: every form that OptionReader takes. It refers
/// to `#/$defs/substituted`.
Json option_schema(const OptionTree& option);

/// Of a mapping with these options.
Json options_schema(const std::vector<OptionTree>& options);

/// `#/$defs`.
Json schema_definitions();

}  // namespace weir
