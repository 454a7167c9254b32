#include "connectors/formats/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace weir {
namespace {

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
  const std::optional<std::int64_t> time = read_time(text);
  if (!time) return Parsed::malformed;
  ms = static_cast<double>(*time);
  return is_time(ms) ? Parsed::ok : Parsed::out_of_range;
}

}  // namespace weir
