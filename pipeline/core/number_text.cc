#include "pipeline/core/number_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr double kTwo53 = 9007199254740992.0;

/// Numbers like 12.34: at most 4 decimals and 15 digits. A decimal of at most 15 digits is the only
/// one of its length that reads back to its double, so the fewest decimals that do are the shortest
/// text; from 0.01 on the fixed form is never the longer one. nullptr: not such a number.
char* write_short_decimal(char* to, double number) {
  const double size = std::fabs(number);
  if (!(size >= 0.01 && size < 1e10)) return nullptr;
  auto digits = static_cast<std::uint64_t>(size * 1e4 + 0.5);
  if (static_cast<double>(digits) / 1e4 != size) return nullptr;
  std::size_t decimals = 4;
  for (; digits % 10 == 0; digits /= 10) --decimals;
  if (number < 0) *to++ = '-';
  std::array<char, kNumberBytes> text;
  text.fill('0');  // in front of the digits of 0.05
  char* const first = text.data() + decimals;
  char* const last = std::to_chars(first, text.data() + text.size(), digits).ptr;
  const auto whole =
      std::max<std::ptrdiff_t>(1, last - first - static_cast<std::ptrdiff_t>(decimals));
  const char* const point = last - decimals;
  std::memcpy(to, point - whole, static_cast<std::size_t>(whole));
  to += whole;
  *to++ = '.';
  std::memcpy(to, point, decimals);
  return to + decimals;
}

}  // namespace

char* write_number(char* to, double number) {
  if (std::fabs(number) < kTwo53) {
    const auto whole = static_cast<std::int64_t>(number);
    if (static_cast<double>(whole) == number)
      return std::to_chars(to, to + kNumberBytes, whole).ptr;
  }
  if (char* const end = write_short_decimal(to, number)) return end;
  const auto [end, error] = std::to_chars(to, to + kNumberBytes, number);
  check(error == std::errc{}, "a double fits into kNumberBytes");
  return end;
}

void append_number(std::string& out, double number) {
  char text[kNumberBytes];
  out.append(text, write_number(text, number));
}

std::optional<std::size_t> read_whole_number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace weir
