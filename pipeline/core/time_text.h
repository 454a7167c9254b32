#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

/// Reads a time that fills `text`, as RFC 3339 and as common programs write it:
/// `2024-05-06T07:08:09.123Z`, `2024-05-06 07:08:09,123 +0200`, `2024/05/06 07:08 UTC`,
/// `20240506T070809Z`, `2024-05-06`, `2024-05`.
/// `T`, `t` or one blank stand before the hour; seconds may be left out; a date alone is its
/// midnight, a month alone (with `-`) that of its first day. A zone is `Z`, `UTC`, `GMT`, `+02`,
/// `+0200` or `+02:00`, after a blank or not; a text without one is `offset_ms` ahead of UTC.
/// Parts of a millisecond are cut off; second 60 is the next minute's first. Output: ms since 1970
/// UTC, of the years 0 to 9999 (is_time takes fewer); nothing for any other text.
std::optional<std::int64_t> read_time(std::string_view text, std::int64_t offset_ms = 0);

/// Reads a decimal number (as from_chars takes it) as a time in units of 10^`power` ms: 3 seconds,
/// 0 milliseconds, -3 microseconds, -6 nanoseconds. Exact: no double stands between. Parts of a
/// millisecond are cut off, towards the past. Output: ms since 1970 UTC; nothing for a number of
/// more than 15 digits of ms, or for a text that is no decimal number.
std::optional<std::int64_t> read_epoch(std::string_view number, int power);

/// Reads a zone that fills `text` (`+02:00`, `-0330`, `UTC`). Output: ms ahead of UTC.
std::optional<std::int64_t> read_offset(std::string_view text);

/// Whether `ms` lies in the years that a time may have, 1900 to 2200 (UTC).
bool is_time(double ms);

}  // namespace weir
