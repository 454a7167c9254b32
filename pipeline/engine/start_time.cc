#include <chrono>
#include <cstdlib>
#include <string_view>

#include "pipeline/core/check.h"
#include "pipeline/engine/config.h"
#include "pipeline/engine/option_values.h"

namespace weir {
namespace {

/// The next whole number of a text that is_time has accepted; skips what stands before it.
std::int64_t take_number(std::string_view& text, std::int64_t missing) {
  while (!text.empty() && (text[0] < '0' || text[0] > '9')) text.remove_prefix(1);
  if (text.empty()) return missing;
  std::int64_t value = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    value = 10 * value + (text[0] - '0');
    text.remove_prefix(1);
  }
  return value;
}

}  // namespace

std::int64_t start_time(const SourceConfig& source, std::int64_t now_ms) {
  std::string_view text = source.start;
  if (text.starts_with('-')) {
    const auto ago = parse_duration(text.substr(1));
    check(ago.has_value(), "`start` was checked");
    return now_ms - ago->ms;
  }
  if (text.find_first_not_of("0123456789") == std::string_view::npos)
    return std::strtoll(source.start.c_str(), nullptr, 10);
  check(is_time(text), "`start` was checked");
  // The zone, if one is written, is the last six characters (+hh:mm).
  std::int64_t zone_minutes = 0;
  const std::string_view zone =
      text.size() > 16 ? text.substr(text.size() - 6) : std::string_view();
  if (!zone.empty() && (zone[0] == '+' || zone[0] == '-')) {
    std::string_view rest = zone;
    const std::int64_t hours = take_number(rest, 0);
    zone_minutes = (zone[0] == '-' ? -1 : 1) * (60 * hours + take_number(rest, 0));
    text.remove_suffix(6);
  }
  namespace ch = std::chrono;
  const auto year = static_cast<int>(take_number(text, 1970));
  const auto month = static_cast<unsigned>(take_number(text, 1));
  const auto day = static_cast<unsigned>(take_number(text, 1));
  const std::int64_t days =
      ch::sys_days(ch::year(year) / ch::month(month) / ch::day(day)).time_since_epoch().count();
  const std::int64_t hours = take_number(text, 0);
  const std::int64_t minutes = take_number(text, 0);
  const std::int64_t seconds = take_number(text, 0);
  return ((days * 24 + hours) * 60 + minutes - zone_minutes) * 60'000 + seconds * 1000;
}

}  // namespace weir
