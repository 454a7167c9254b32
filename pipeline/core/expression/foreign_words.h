#pragma once

#include <string>
#include <string_view>

namespace weir {

/// What to write instead of a name that SQL, Python or C knows and expressions do not: `AND`, `is`,
/// `len(...)`. Letters are compared without case. Empty: nothing is known of it.
std::string instead_of_name(std::string_view name);
/// The same of a function.
std::string instead_of_function(std::string_view name);

}  // namespace weir
