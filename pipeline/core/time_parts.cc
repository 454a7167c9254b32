#include "pipeline/core/time_parts.h"

namespace weir {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

bool take_word(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i)
    if (upper(text[i]) != prefix[i]) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_zone(std::string_view& text, std::int64_t& offset_ms) {
  offset_ms = 0;
  if (take_word(text, "Z") || take_word(text, "UTC") || take_word(text, "GMT")) return true;
  if (text.empty()) return false;
  const bool west = text[0] == '-';
  unsigned hour = 0, minute = 0;
  if (!west && text[0] != '+') return false;
  text.remove_prefix(1);
  if (!take_fixed(text, 2, hour)) return false;
  const bool minutes = take_char(text, ':') || (!text.empty() && is_digit(text[0]));
  if (minutes && !take_fixed(text, 2, minute)) return false;
  if (hour > 23 || minute > 59) return false;
  offset_ms = (hour * 60 + std::int64_t{minute}) * 60'000;
  if (west) offset_ms = -offset_ms;
  return true;
}

}  // namespace weir
