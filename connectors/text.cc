#include "connectors/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr double kTwo53 = 9007199254740992.0;
constexpr double kFirstTime = -2208988800000.0;  // 1900-01-01T00:00:00Z
constexpr double kEndOfTime = 7289654400000.0;   // 2201-01-01T00:00:00Z

constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

/// The digits of a number as one integer, and where its point and exponent put them.
struct Decimal {
  bool negative = false;
  bool exact = true;  // all digits are in `digits`
  bool json = true;   // JSON allows this form
  std::uint64_t digits = 0;
  std::int64_t exponent = 0;
};

/// Appends a run of digits; returns how many there were.
std::size_t take_digits(const char*& at, const char* end, Decimal& number) {
  const char* const first = at;
  std::uint64_t digits = number.digits;
  for (; at != end && is_digit(*at); ++at)
    digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
  const auto count = static_cast<std::size_t>(at - first);
  number.digits = digits;
  return count;
}

bool take_exponent(const char*& at, const char* end, Decimal& number) {
  ++at;
  const bool negative = at != end && *at == '-';
  if (at != end && (*at == '-' || *at == '+')) ++at;
  if (at == end || !is_digit(*at)) return false;
  std::int64_t exponent = 0;
  for (; at != end && is_digit(*at); ++at)
    exponent = std::min<std::int64_t>(exponent * 10 + (*at - '0'), 1'000'000'000);
  number.exponent += negative ? -exponent : exponent;
  return true;
}

/// Whether `text` is a decimal number; its parts go to `number`.
bool take_decimal(std::string_view text, Decimal& number) {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (at != end && *at == '-') {
    number.negative = true;
    ++at;
  }
  const bool zero_first = at != end && *at == '0';
  const std::size_t whole = take_digits(at, end, number);
  std::size_t fraction = 0;
  if (at != end && *at == '.') {
    ++at;
    fraction = take_digits(at, end, number);
    number.exponent = -static_cast<std::int64_t>(fraction);
    if (fraction == 0) number.json = false;
  }
  if (whole + fraction == 0) return false;
  if (whole == 0 || (zero_first && whole > 1)) number.json = false;
  number.exact = whole + fraction <= 19;
  if (at != end && (*at == 'e' || *at == 'E') && !take_exponent(at, end, number)) return false;
  return at == end;
}

/// Exact by two exact doubles and one rounding (Clinger 1990, PLDI, "How to read floating point
/// numbers accurately"): digits below 2^53 and a power of ten up to 10^22.
bool easy(const Decimal& number, double& value) {
  if (!number.exact || number.digits > (std::uint64_t{1} << 53)) return false;
  if (number.exponent < -22 || number.exponent > 22) return false;
  value = static_cast<double>(number.digits);
  if (number.exponent < 0)
    value /= kPowersOfTen[static_cast<std::size_t>(-number.exponent)];
  else
    value *= kPowersOfTen[static_cast<std::size_t>(number.exponent)];
  if (number.negative) value = -value;
  return true;
}

std::int64_t significant_digits(std::string_view text) {
  std::int64_t count = 0;
  for (char c : text) {
    if (c == 'e' || c == 'E') break;
    if (is_digit(c) && (count > 0 || c != '0')) ++count;
  }
  return count;
}

Parsed finish(std::string_view text, const Decimal& decimal, double& number) {
  if (easy(decimal, number)) [[likely]]
    return Parsed::ok;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && std::isfinite(number)) return Parsed::ok;
  // from_chars does not tell too large from too small.
  if (decimal.exponent + significant_digits(text) > 0) return Parsed::out_of_range;
  number = decimal.negative ? -0.0 : 0.0;
  return Parsed::ok;
}

bool is_not_finite(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const auto is = [text](std::string_view name) {
    return std::equal(text.begin(), text.end(), name.begin(), name.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
    });
  };
  return is("nan") || is("inf") || is("infinity");
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
  const auto unit = static_cast<std::uint64_t>(kPowersOfTen[decimals]);
  if (number < 0) *to++ = '-';
  to = std::to_chars(to, to + kNumberBytes, digits / unit).ptr;
  *to = '.';
  std::uint64_t fraction = digits % unit;
  for (std::size_t i = decimals; i > 0; --i, fraction /= 10)
    to[i] = static_cast<char>('0' + fraction % 10);
  return to + decimals + 1;
}

}  // namespace

Parsed parse_number(std::string_view text, double& number) {
  Decimal decimal;
  if (take_decimal(text, decimal)) [[likely]]
    return finish(text, decimal, number);
  return is_not_finite(text) ? Parsed::out_of_range : Parsed::malformed;
}

Parsed parse_json_number(std::string_view text, double& number) {
  Decimal decimal;
  if (!take_decimal(text, decimal) || !decimal.json) return Parsed::malformed;
  return finish(text, decimal, number);
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
