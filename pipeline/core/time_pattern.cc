#include "pipeline/core/time_pattern.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>

#include "pipeline/core/calendar.h"
#include "pipeline/core/time_parts.h"

namespace weir {
namespace {

constexpr std::string_view kKnown = "YymbBdHIpMSfzaAFT%";

constexpr std::array<std::string_view, 12> kMonths = {
    "JANUARY", "FEBRUARY", "MARCH",     "APRIL",   "MAY",      "JUNE",
    "JULY",    "AUGUST",   "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"};
constexpr std::array<std::string_view, 7> kDays = {"MONDAY", "TUESDAY",  "WEDNESDAY", "THURSDAY",
                                                   "FRIDAY", "SATURDAY", "SUNDAY"};

/// Takes one of `names`, whole or its first three letters; its number from 0.
template <std::size_t N>
bool take_name(std::string_view& text, const std::array<std::string_view, N>& names,
               unsigned& number) {
  for (number = 0; number < N; ++number)
    if (take_word(text, names[number]) || take_word(text, names[number].substr(0, 3))) return true;
  return false;
}

/// Takes one or two digits.
bool take_small(std::string_view& text, unsigned& value) {
  return take_fixed(text, 2, value) || take_fixed(text, 1, value);
}

/// A time while it is put together.
struct Parts {
  unsigned year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::int64_t fraction_ms = 0;
  std::int64_t offset_ms = 0;
  std::optional<bool> afternoon;

  bool take(std::string_view& text, char what);
  std::optional<std::int64_t> time() const;

 private:
  bool take_half(std::string_view& text) {
    const bool pm = take_word(text, "PM");
    afternoon = pm;
    return pm || take_word(text, "AM");
  }
};

bool Parts::take(std::string_view& text, char what) {
  unsigned number = 0;
  switch (what) {
    case 'Y':
      return take_fixed(text, 4, year);
    case 'y':
      if (!take_fixed(text, 2, year)) return false;
      year += year < 69 ? 2000 : 1900;  // as POSIX
      return true;
    case 'm':
      return take_small(text, month);
    case 'b':
    case 'B':
      if (!take_name(text, kMonths, number)) return false;
      month = number + 1;
      return true;
    case 'd':
      return take_small(text, day);
    case 'H':
    case 'I':
      return take_small(text, hour);
    case 'p':
      return take_half(text);
    case 'M':
      return take_fixed(text, 2, minute);
    case 'S':
      return take_fixed(text, 2, second);
    case 'f':
      return take_fraction(text, fraction_ms);
    case 'z':
      return take_zone(text, offset_ms);
    case 'a':
    case 'A':
      return take_name(text, kDays, number);
    case 'F':
      return take_fixed(text, 4, year) && take_char(text, '-') && take_small(text, month) &&
             take_char(text, '-') && take_small(text, day);
    case 'T':
      return take_small(text, hour) && take_char(text, ':') && take_fixed(text, 2, minute) &&
             take_char(text, ':') && take_fixed(text, 2, second);
    default:
      return take_char(text, what);
  }
}

std::optional<std::int64_t> Parts::time() const {
  unsigned of_day = hour;
  if (afternoon) {
    if (hour < 1 || hour > 12) return std::nullopt;
    of_day = hour % 12 + (*afternoon ? 12 : 0);
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in(year, month)) return std::nullopt;
  if (of_day > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t seconds =
      days_from_civil(year, month, day) * 86'400 + (of_day * 60 + minute) * 60 + second;
  return seconds * 1000 + fraction_ms - offset_ms;
}

bool has(std::string_view pattern, std::string_view letters) {
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i)
    if (pattern[i] == '%' && letters.find(pattern[++i]) != std::string_view::npos) return true;
  return false;
}

}  // namespace

std::optional<std::int64_t> read_pattern(std::string_view text, std::string_view pattern,
                                         std::int64_t offset_ms) {
  Parts parts;
  parts.offset_ms = offset_ms;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == ' ') {
      if (!take_char(text, ' ')) return std::nullopt;
      while (take_char(text, ' ')) {
      }
    } else if (c != '%') {
      if (!take_char(text, c)) return std::nullopt;
    } else if (++i == pattern.size() || !parts.take(text, pattern[i])) {
      return std::nullopt;
    }
  }
  return text.empty() ? parts.time() : std::nullopt;
}

std::string wrong_pattern(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') continue;
    if (++i == pattern.size()) return "ends with a single %";
    if (kKnown.find(pattern[i]) == std::string_view::npos)
      return fmt::format(
          "has no %{}; known: %Y %y %m %b %B %d %H %I %p %M %S %f %z %a %A %F %T %%", pattern[i]);
  }
  if (!has(pattern, "YyF")) return "needs a year (%Y or %y)";
  if (has(pattern, "d") && !has(pattern, "mbB")) return "has a day but no month (%m or %b)";
  if (has(pattern, "HIT") && !has(pattern, "dF")) return "has an hour but no day (%d)";
  if (has(pattern, "M") && !has(pattern, "HI")) return "has minutes but no hour (%H)";
  if (has(pattern, "S") && !has(pattern, "M")) return "has seconds but no minutes (%M)";
  if (has(pattern, "f") && !has(pattern, "ST")) return "has a part of a second but no second (%S)";
  if (has(pattern, "I") != has(pattern, "p")) return "needs %I and %p together, or %H";
  return {};
}

}  // namespace weir
