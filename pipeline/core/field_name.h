#pragma once

#include <string_view>

namespace weir {

/// Whether a field may have this name: letters, digits, `_` and `-`, a letter or `_` first. ASCII.
bool is_field_name(std::string_view name);

}  // namespace weir
