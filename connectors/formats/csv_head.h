#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/record.h"

namespace weir {

/// The names of a header line, or nothing when its quotes are wrong.
std::optional<std::vector<std::string>> csv_names(std::string_view line, const RowForm& form);

/// What to say of a header line that lacks columns, after which they are: the line itself, and the
/// separator that it seems to have if that is another one. Begins with `; `.
std::string about_head(std::string_view line, const RowForm& form,
                       std::span<const std::string_view> wanted);

}  // namespace weir
