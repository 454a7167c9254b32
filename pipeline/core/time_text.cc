#include "pipeline/core/time_text.h"

#include <algorithm>
#include <cstddef>

#include "pipeline/core/calendar.h"
#include "pipeline/core/time_parts.h"

namespace weir {
namespace {

constexpr double kFirstTime = -2208988800000.0;  // 1900-01-01T00:00:00Z
constexpr double kEndOfTime = 7289654400000.0;   // 2201-01-01T00:00:00Z
constexpr std::int64_t kDay = 86'400'000;

/// `2024-05-06`, `2024/05/06`, `2024-05`; `20240506` is `basic`, and so is then the clock.
bool take_date(std::string_view& text, std::int64_t& days, bool& basic) {
  unsigned year = 0, month = 0, day = 1;
  if (!take_fixed(text, 4, year) || text.empty()) return false;
  const char separator = text[0];
  basic = is_digit(separator);
  if (basic) {
    if (!take_fixed(text, 2, month) || !take_fixed(text, 2, day)) return false;
  } else {
    if (separator != '-' && separator != '/') return false;
    text.remove_prefix(1);
    if (!take_fixed(text, 2, month)) return false;
    if (take_char(text, separator)) {
      if (!take_fixed(text, 2, day)) return false;
    } else if (!text.empty() || separator == '/') {
      return false;
    }
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in(year, month)) return false;
  days = days_from_civil(year, month, day);
  return true;
}

bool take_clock(std::string_view& text, std::int64_t& ms, bool basic) {
  unsigned hour = 0, minute = 0, second = 0;
  if (!take_fixed(text, 2, hour) || !(basic || take_char(text, ':')) ||
      !take_fixed(text, 2, minute))
    return false;
  if (basic ? !text.empty() && is_digit(text[0]) : take_char(text, ':')) {
    if (!take_fixed(text, 2, second)) return false;
    if ((take_char(text, '.') || take_char(text, ',')) && !take_fraction(text, ms)) return false;
  }
  if (hour > 23 || minute > 59 || second > 60) return false;
  ms += ((hour * 60 + minute) * 60 + std::int64_t{second}) * 1000;
  return true;
}

}  // namespace

std::optional<std::int64_t> read_time(std::string_view text, std::int64_t offset_ms) {
  std::int64_t days = 0;
  std::int64_t of_day = 0;
  bool basic = false;
  if (!take_date(text, days, basic)) return std::nullopt;
  if (text.empty() && !basic) return days * kDay - offset_ms;
  if (!take_char(text, 'T') && !take_char(text, 't') && !take_char(text, ' ')) return std::nullopt;
  if (!take_clock(text, of_day, basic)) return std::nullopt;
  if (!text.empty()) {
    take_char(text, ' ');
    if (!take_zone(text, offset_ms) || !text.empty()) return std::nullopt;
  }
  return days * kDay + of_day - offset_ms;
}

std::optional<std::int64_t> read_epoch(std::string_view number, int power) {
  constexpr std::int64_t kMostDigits = 15;
  constexpr std::int64_t kHighest = 1'000'000;  // an exponent beyond it is this
  const bool negative = !number.empty() && number[0] == '-';
  if (negative) number.remove_prefix(1);
  const std::size_t mark = std::min(number.find_first_of("eE"), number.size());
  std::string_view exponent_text = number.substr(std::min(mark + 1, number.size()));
  const std::string_view digits = number.substr(0, mark);
  const bool shrinks = take_char(exponent_text, '-');
  if (!shrinks) take_char(exponent_text, '+');
  std::int64_t exponent = 0;
  for (char c : exponent_text) {
    if (!is_digit(c)) return std::nullopt;
    exponent = std::min(exponent * 10 + (c - '0'), kHighest);
  }
  // How many digits, leading zeros included, stand before the point of the milliseconds.
  const std::size_t point = std::min(digits.find('.'), digits.size());
  std::int64_t whole = static_cast<std::int64_t>(point) + power + (shrinks ? -exponent : exponent);
  std::int64_t ms = 0, taken = 0;
  bool rest = false, any = false;
  for (char c : digits) {
    if (c == '.') continue;
    if (!is_digit(c)) return std::nullopt;
    any = true;
    if (whole > 0) {
      ms = ms * 10 + (c - '0');
      taken += taken > 0 || c != '0';
      if (taken > kMostDigits) return std::nullopt;
    } else {
      rest = rest || c != '0';
    }
    --whole;
  }
  if (!any) return std::nullopt;
  for (; whole > 0 && ms != 0; --whole) {
    ms *= 10;
    if (++taken > kMostDigits) return std::nullopt;
  }
  return negative ? -ms - (rest ? 1 : 0) : ms;
}

std::optional<std::int64_t> read_offset(std::string_view text) {
  std::int64_t offset_ms = 0;
  if (!take_zone(text, offset_ms) || !text.empty()) return std::nullopt;
  return offset_ms;
}

bool is_time(double ms) { return ms >= kFirstTime && ms < kEndOfTime; }

}  // namespace weir
