#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "pipeline/core/options.h"
#include "pipeline/yaml/yaml.h"

namespace weir {

/// What a scalar is by YAML 1.2's core schema: nothing, a boolean, a number or a text. Quoted, it
/// is a text; `NO` is a text and `010` is ten.
std::variant<std::monostate, bool, double, std::string> typed_scalar(const YamlNode& scalar);

/// `250ms 30s 5m 1h 7d`: a whole number and its unit; at most 100 years.
std::optional<Duration> parse_duration(std::string_view text);

/// The same, in the largest unit that is whole; `0s` for none.
std::string format_duration(Duration duration);

/// `1000`, `1h` or `all`.
std::string format_extent(const Extent& extent);

/// Shortest text that reads back to the same double, whole numbers without a point.
std::string format_number(double value);

/// The time (ms since 1970 UTC) that `text` is, as the language takes it (time_text.h). Nothing for
/// any other text or outside the years 1900 to 2200.
std::optional<std::int64_t> parse_date_or_time(std::string_view text);

/// The value as a message shows it: in quotes, shortened, as it was written.
std::string shown(const YamlNode& node);

}  // namespace weir
