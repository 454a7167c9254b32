#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

enum class Parsed : std::uint8_t {
  ok,
  malformed,     // not a number (a time) at all
  out_of_range,  // one that is written well but not finite or not between the years allowed
};

/// Reads a decimal number that fills `text`: `-12 007 .5 1. 2e-3`, no `+` in front, no blanks.
/// Output: the nearest double (ties to even); what is too small is 0. `nan`, `inf`, `infinity` in
/// any case and what is too large are out_of_range. Cost: some 6 ns up to 15 digits, else
/// std::from_chars.
Parsed parse_number(std::string_view text, double& number);

/// The same for a number as JSON writes it (RFC 8259, section 6): no leading zeros, digits on both
/// sides of the point, and nothing that is not finite.
Parsed parse_json_number(std::string_view text, double& number);

/// Whether `text` is NaN or an infinity, as Python, JavaScript and C write them: `NaN`, `Infinity`,
/// `inf`, in any case, a sign in front.
bool is_not_finite(std::string_view text);

/// Reads `true false yes no on off t f y n` in any case.
bool read_boolean_word(std::string_view text, bool& value);

}  // namespace weir
