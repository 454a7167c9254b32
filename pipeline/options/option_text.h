#pragma once

#include <string>
#include <vector>

#include "pipeline/options/option_slot.h"
#include "pipeline/options/option_tree.h"

namespace weir {

/// Options for people: one paragraph each with type, default, range, meaning and example, those
/// inside a block indented below it.
std::string options_text(const std::vector<OptionTree>& options, std::size_t indent);

/// The same for programs.
Json options_json(const std::vector<OptionTree>& options);

}  // namespace weir
