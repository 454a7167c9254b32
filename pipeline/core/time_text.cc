#include "pipeline/core/time_text.h"

#include <array>
#include <cstddef>

namespace weir {
namespace {

constexpr double kFirstTime = -2208988800000.0;  // 1900-01-01T00:00:00Z
constexpr double kEndOfTime = 7289654400000.0;   // 2201-01-01T00:00:00Z

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

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

}  // namespace

std::optional<std::int64_t> read_time(std::string_view text) {
  std::int64_t days = 0;
  std::int64_t of_day = 0;
  if (!take_date(text, days)) return std::nullopt;
  if (!take_char(text, 'T') && !take_char(text, 't') && !take_char(text, ' ')) return std::nullopt;
  if (!take_clock(text, of_day) || !take_zone(text, of_day) || !text.empty()) return std::nullopt;
  return days * 86'400'000 + of_day;
}

bool is_time(double ms) { return ms >= kFirstTime && ms < kEndOfTime; }

}  // namespace weir
