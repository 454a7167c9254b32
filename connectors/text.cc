#include "connectors/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr double kTwo53 = 9007199254740992.0;
constexpr double kFirstTime = -2208988800000.0;  // 1900-01-01T00:00:00Z
constexpr double kEndOfTime = 7289654400000.0;   // 2201-01-01T00:00:00Z

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

/// Of a decimal that no double holds: whether it is too large (and not too small).
bool is_too_large(std::string_view text) {
  const std::size_t mark = std::min(text.find_first_of("eE"), text.size());
  std::int64_t power = 0;  // of ten, of the first digit that is not 0, plus 1
  bool behind_point = false, counted = false;
  for (char c : text.substr(0, mark)) {
    if (c == '.') behind_point = true;
    if (!is_digit(c)) continue;
    counted = counted || c != '0';
    if (counted && !behind_point) ++power;
    if (!counted && behind_point) --power;
  }
  std::int64_t exponent = 0;
  for (char c : text.substr(mark))
    if (is_digit(c)) exponent = std::min<std::int64_t>(exponent * 10 + (c - '0'), 1'000'000'000);
  const bool negative = mark + 1 < text.size() && text[mark + 1] == '-';
  return power + (negative ? -exponent : exponent) > 0;
}

/// What JSON asks of a number beyond what from_chars does.
bool is_json_form(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  if (text.empty() || !is_digit(text[0])) return false;
  if (text[0] == '0' && text.size() > 1 && is_digit(text[1])) return false;
  for (std::size_t i = 1; i < text.size(); ++i)
    if (text[i] == '.') return i + 1 < text.size() && is_digit(text[i + 1]);
  return true;
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible
/// low-level date algorithms", days_from_civil).
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

unsigned days_in(unsigned year, unsigned month) {
  constexpr std::array<unsigned, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

/// Takes exactly `count` digits off the front.
bool take_fixed(std::string_view& text, std::size_t count, unsigned& value) {
  if (text.size() < count) return false;
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return false;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool take_char(std::string_view& text, char wanted) {
  if (text.empty() || text[0] != wanted) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, std::int64_t& days) {
  unsigned year = 0, month = 0, day = 0;
  if (!take_fixed(text, 4, year) || text.empty()) return false;
  const char separator = text[0] == '/' ? '/' : '-';
  if (!take_char(text, separator) || !take_fixed(text, 2, month) || !take_char(text, separator) ||
      !take_fixed(text, 2, day))
    return false;
  if (month < 1 || month > 12 || day < 1 || day > days_in(year, month)) return false;
  days = days_from_civil(year, month, day);
  return true;
}

bool take_fraction(std::string_view& text, std::int64_t& ms) {
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

bool take_clock(std::string_view& text, std::int64_t& ms) {
  unsigned hour = 0, minute = 0, second = 0;
  if (!take_fixed(text, 2, hour) || !take_char(text, ':') || !take_fixed(text, 2, minute))
    return false;
  if (take_char(text, ':')) {
    if (!take_fixed(text, 2, second)) return false;
    if (take_char(text, '.') && !take_fraction(text, ms)) return false;
  }
  if (hour > 23 || minute > 59 || second > 60) return false;
  ms += ((hour * 60 + minute) * 60 + std::int64_t{second}) * 1000;
  return true;
}

bool take_zone(std::string_view& text, std::int64_t& ms) {
  if (text.empty() || take_char(text, 'Z') || take_char(text, 'z')) return true;
  const bool west = text[0] == '-';
  unsigned hour = 0, minute = 0;
  if (!west && text[0] != '+') return false;
  text.remove_prefix(1);
  if (!take_fixed(text, 2, hour) || !take_char(text, ':') || !take_fixed(text, 2, minute))
    return false;
  if (hour > 23 || minute > 59) return false;
  const std::int64_t offset = (hour * 60 + std::int64_t{minute}) * 60'000;
  ms += west ? offset : -offset;
  return true;
}

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

Parsed parse_number(std::string_view text, double& number) {
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (end != last || error == std::errc::invalid_argument) return Parsed::malformed;
  if (error == std::errc{}) return std::isfinite(number) ? Parsed::ok : Parsed::out_of_range;
  if (is_too_large(text)) return Parsed::out_of_range;
  number = text[0] == '-' ? -0.0 : 0.0;
  return Parsed::ok;
}

Parsed parse_json_number(std::string_view text, double& number) {
  return is_json_form(text) ? parse_number(text, number) : Parsed::malformed;
}

Parsed parse_time(std::string_view text, double& ms) {
  std::int64_t days = 0;
  std::int64_t of_day = 0;
  if (!take_date(text, days)) return Parsed::malformed;
  if (!take_char(text, 'T') && !take_char(text, 't') && !take_char(text, ' '))
    return Parsed::malformed;
  if (!take_clock(text, of_day) || !take_zone(text, of_day) || !text.empty())
    return Parsed::malformed;
  ms = static_cast<double>(days * 86'400'000 + of_day);
  return is_time(ms) ? Parsed::ok : Parsed::out_of_range;
}

bool is_time(double ms) { return ms >= kFirstTime && ms < kEndOfTime; }

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

}  // namespace weir
