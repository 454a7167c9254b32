#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

// What the readers of times have in common: each takes its part off the front of `text`, or returns
// false and leaves `text` anywhere.

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

/// Takes exactly `count` digits.
inline bool take_fixed(std::string_view& text, std::size_t count, unsigned& value) {
  if (text.size() < count) return false;
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return false;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

inline bool take_char(std::string_view& text, char wanted) {
  if (text.empty() || text[0] != wanted) return false;
  text.remove_prefix(1);
  return true;
}

/// Takes `prefix` (upper case), whatever the case of the text; else leaves `text` alone.
bool take_word(std::string_view& text, std::string_view prefix);

/// Takes the digits after a decimal point; adds them to `ms`, what is below a millisecond cut off.
inline bool take_fraction(std::string_view& text, std::int64_t& ms) {
  std::size_t count = 0;
  std::int64_t thousandths = 0;
  for (; count < text.size() && is_digit(text[count]); ++count)
    if (count < 3) thousandths = thousandths * 10 + (text[count] - '0');
  if (count == 0) return false;
  for (std::size_t i = count; i < 3; ++i) thousandths *= 10;
  ms += thousandths;
  text.remove_prefix(count);
  return true;
}

/// Takes a zone: `Z UTC GMT +02 +0200 +02:00`, letters in any case. Output: how far ahead of UTC.
bool take_zone(std::string_view& text, std::int64_t& offset_ms);

}  // namespace weir
