#pragma once

#include <string>
#include <string_view>

namespace weir {

/// What the first bytes of a file show to be wrong with it as a whole, and what converts it: other
/// encodings and formats, line ends of CR alone, JSON that is an array or spread over lines.
/// Empty: nothing.
std::string wrong_beginning(std::string_view bytes, bool csv);

}  // namespace weir
