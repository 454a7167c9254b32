#include "pipeline/core/expression_text.h"

#include <xxhash.h>

#include <algorithm>

namespace weir {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// The byte where the character number `wanted` from `at` begins, or the end.
std::size_t skip_characters(std::string_view text, std::size_t at, double wanted) {
  while (at < text.size() && wanted >= 1) {
    ++at;
    while (at < text.size() && !begins_character(text[at])) ++at;
    wanted -= 1;
  }
  return at;
}

}  // namespace

std::string_view text_lower(std::string_view text, Arena& arena) {
  if (std::none_of(text.begin(), text.end(), is_upper)) return text;
  const std::span<char> out = arena.make<char>(text.size());
  std::transform(text.begin(), text.end(), out.begin(),
                 [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  return {out.data(), out.size()};
}

double text_length(std::string_view text) {
  return static_cast<double>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string_view text_substr(std::string_view text, double start, double count) {
  const std::size_t from = skip_characters(text, 0, start);
  return text.substr(from, skip_characters(text, from, count) - from);
}

double value_hash(std::string_view bytes) {
  return static_cast<double>(XXH3_64bits(bytes.data(), bytes.size()) >> 11);
}

double value_hash(double value) {
  if (value == 0) value = 0;  // -0 is 0
  return static_cast<double>(XXH3_64bits(&value, sizeof value) >> 11);
}

}  // namespace weir
