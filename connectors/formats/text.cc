#include "connectors/formats/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "pipeline/core/time_parts.h"

namespace weir {
namespace {


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

bool is_not_finite(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  for (const std::string_view name : {"NAN", "INF", "INFINITY"})
    if (text.size() == name.size() && take_word(text, name)) return true;
  return false;
}

bool read_boolean_word(std::string_view text, bool& value) {
  struct Word {
    std::string_view name;
    bool value;
  };
  constexpr std::array<Word, 10> kWords = {{{"TRUE", true},
                                            {"FALSE", false},
                                            {"T", true},
                                            {"F", false},
                                            {"YES", true},
                                            {"NO", false},
                                            {"Y", true},
                                            {"N", false},
                                            {"ON", true},
                                            {"OFF", false}}};
  for (const Word& word : kWords) {
    std::string_view rest = text;
    if (text.size() != word.name.size() || !take_word(rest, word.name)) continue;
    value = word.value;
    return true;
  }
  return false;
}

}  // namespace weir
