#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// Reads a time that fills `text`, written as `pattern` says; see wrong_pattern for what stands in
/// one. A time without a zone is `offset_ms` ahead of UTC. Output: ms since 1970 UTC, parts of a
/// millisecond cut off; nothing when the text does not match or names a day that does not exist.
/// Cost: one pass over both; no memory.
std::optional<std::int64_t> read_pattern(std::string_view text, std::string_view pattern,
                                         std::int64_t offset_ms);

/// What is wrong with a pattern, or empty. As strptime has them:
/// `%Y` year, 4 digits; `%y` 2 digits (69 to 99: 19..); `%m` month; `%b` or `%B` its English name
/// (3 letters or whole); `%d` day; `%H` hour; `%I` with `%p` (AM, PM); `%M`; `%S`; `%f` part of a
/// second; `%z` zone; `%a` or `%A` day of the week, not checked; `%F` is `%Y-%m-%d`, `%T`
/// `%H:%M:%S`; `%%` a percent sign. Month, day and hour take one or two digits. A blank stands for
/// one or more blanks; everything else for itself. Needed: a year, and the day or the month before
/// what is smaller.
std::string wrong_pattern(std::string_view pattern);

}  // namespace weir
