#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

/// Reads a time that fills `text`, as RFC 3339: `2024-05-06T07:08:09.123Z`, `2024/05/06 07:08`,
/// `...+02:00`. No zone: UTC. `T`, `t` or one blank before the hour, `/` in the date, seconds may
/// be left out; parts of a millisecond are cut off; second 60 is the next minute's first. Output:
/// ms since 1970 UTC, of the years 0 to 9999 (is_time takes fewer); nothing for any other text.
std::optional<std::int64_t> read_time(std::string_view text);

/// Whether `ms` lies in the years that a time may have, 1900 to 2200 (UTC).
bool is_time(double ms);

}  // namespace weir
