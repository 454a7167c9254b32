#include "pipeline/options/option_values.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "pipeline/core/time_text.h"

namespace weir {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && digit(text[end])) ++end;
  return end - from;
}

// [-+]? ( \.[0-9]+ | [0-9]+ ( \.[0-9]* )? ) ( [eE][-+]?[0-9]+ )?
bool is_decimal(std::string_view text) {
  std::size_t at = text.starts_with('-') || text.starts_with('+');
  const std::size_t whole = digits(text, at);
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits(text, at + 1);
    if (whole + fraction == 0) return false;
    at += 1 + fraction;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t exponent = digits(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

std::optional<double> based_integer(std::string_view text, std::string_view prefix, int base) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  std::uint64_t value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<double>(value);
}

std::optional<double> number_of(std::string_view text) {
  if (const auto octal = based_integer(text, "0o", 8)) return octal;
  if (const auto hexadecimal = based_integer(text, "0x", 16)) return hexadecimal;
  std::string_view unsigned_text = text;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) unsigned_text.remove_prefix(1);
  if (unsigned_text == ".inf" || unsigned_text == ".Inf" || unsigned_text == ".INF")
    return negative ? -std::numeric_limits<double>::infinity()
                    : std::numeric_limits<double>::infinity();
  if (text == ".nan" || text == ".NaN" || text == ".NAN")
    return std::numeric_limits<double>::quiet_NaN();
  if (!is_decimal(text)) return std::nullopt;
  double value = 0;
  const auto [end, wrong] =
      std::from_chars(unsigned_text.data(), unsigned_text.data() + unsigned_text.size(), value);
  if (wrong == std::errc::result_out_of_range) {
    // Too small is nothing; too large is no finite number.
    const std::size_t exponent = unsigned_text.find_first_of("eE");
    const bool small = exponent != std::string_view::npos && unsigned_text[exponent + 1] == '-';
    value = small ? 0 : std::numeric_limits<double>::infinity();
  }
  return negative ? -value : value;
}

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<Unit, 5> kUnits = {
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::int64_t kLongest = 36'525LL * 86'400'000;  // 100 years

}  // namespace

std::variant<std::monostate, bool, double, std::string> typed_scalar(const YamlNode& scalar) {
  if (scalar.null()) return {};
  const std::string& text = scalar.text;
  if (!scalar.plain) return text;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (const std::optional<double> number = number_of(text)) return *number;
  return text;
}

std::optional<Duration> parse_duration(std::string_view text) {
  const std::size_t length = digits(text, 0);
  if (length == 0) return std::nullopt;
  std::int64_t count = 0;
  if (std::from_chars(text.data(), text.data() + length, count).ec != std::errc())
    return std::nullopt;
  for (const Unit& unit : kUnits)
    if (text.substr(length) == unit.name)
      return count <= kLongest / unit.ms ? std::optional(Duration{count * unit.ms}) : std::nullopt;
  return std::nullopt;
}

std::string format_duration(Duration duration) {
  if (duration.ms == 0) return "0s";
  for (std::size_t i = kUnits.size(); i-- > 0;)
    if (duration.ms % kUnits[i].ms == 0)
      return fmt::format("{}{}", duration.ms / kUnits[i].ms, kUnits[i].name);
  return {};
}

std::string format_extent(const Extent& extent) {
  if (extent.unit == Extent::Unit::all) return "all";
  if (extent.unit == Extent::Unit::time) return format_duration({extent.value});
  return fmt::format("{}", extent.value);
}

std::string format_number(double value) {
  std::array<char, 32> text;
  const bool whole = std::floor(value) == value && std::abs(value) < 1e15;
  const auto [end, wrong] = whole ? std::to_chars(text.data(), text.data() + text.size(),
                                                  static_cast<std::int64_t>(value))
                                  : std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end};
}

std::optional<std::int64_t> parse_date_or_time(std::string_view text) {
  const auto ms = read_time(text);
  return ms && is_time(static_cast<double>(*ms)) ? ms : std::nullopt;
}

std::string shown(const YamlNode& node) {
  if (node.list()) return "a list";
  if (node.map()) return "a mapping";
  if (node.null()) return "nothing";
  constexpr std::size_t kLongestShown = 60;
  std::string text = node.written.empty() ? node.text : node.written;
  if (text.size() > kLongestShown) {
    std::size_t end = kLongestShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    text += "...";
  }
  return "`" + text + "`";
}

}  // namespace weir
