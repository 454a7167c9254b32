#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/options.h"

namespace weir {

/// Reads options from JSON as the config reader does from YAML, without places but with the same
/// rules: required, min, max, choices, later, unknown keys. Returns every mistake as a sentence.
std::vector<std::string> read_options(std::string_view json,
                                      const std::function<void(OptionVisitor&)>& describe);

}  // namespace weir
