#include "pipeline/core/expression/text.h"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "pipeline/core/expression/evaluation.h"
#include "pipeline/core/time_text.h"

namespace weir {
namespace {

// No concat grows a text beyond this.
constexpr std::size_t kLongestText = 1 << 20;

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

double text_number(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = code == std::errc{} && end == text.data() + text.size();
  return whole && std::isfinite(number) ? number : kMissing;
}

double text_time(std::string_view text) {
  const std::optional<std::int64_t> ms = read_time(text);
  return ms && is_time(static_cast<double>(*ms)) ? static_cast<double>(*ms) : kMissing;
}

double value_hash(std::string_view bytes) {
  return static_cast<double>(XXH3_64bits(bytes.data(), bytes.size()) >> 11);
}

double value_hash(double value) {
  if (value == 0) value = 0;  // -0 is 0
  return static_cast<double>(XXH3_64bits(&value, sizeof value) >> 11);
}

Column Evaluation::hash(const ExpressionNode& node, const double* active) {
  if (program_.nodes[node.arguments[0]].type == Type::text)
    return each<std::string_view>(
        node, active, [](std::string_view x) { return present(x) ? value_hash(x) : kMissing; });
  return each<double>(node, active, [](double x) { return present(x) ? value_hash(x) : kMissing; });
}

Column Evaluation::concat(const ExpressionNode& node, const double* active) {
  std::string_view* out = make<std::string_view>();
  std::copy_n(values<std::string_view>(node, 0, active), rows_, out);
  for (std::size_t argument = 1; argument < node.arguments.size(); ++argument) {
    const std::string_view* next = values<std::string_view>(node, argument, active);
    for (std::size_t i = 0; i < rows_; ++i) out[i] = joined(out[i], next[i], active, i);
  }
  return result(out);
}

std::string_view Evaluation::joined(std::string_view a, std::string_view b, const double* active,
                                    std::size_t row) {
  if (!present(a) || !present(b)) return {};
  if (a.size() + b.size() > kLongestText) {
    invalid_ += !active || active[row] == 1;
    return {};
  }
  const std::span<char> both = arena_.make<char>(a.size() + b.size());
  std::copy(a.begin(), a.end(), both.begin());
  std::copy(b.begin(), b.end(), both.begin() + static_cast<std::ptrdiff_t>(a.size()));
  return {both.data(), both.size()};
}

/// What a text says: a number or a time. One that is neither has no value, and is counted.
Column Evaluation::parsed(const ExpressionNode& node, const double* active) {
  const std::string_view* text = values<std::string_view>(node, 0, active);
  double* out = make<double>();
  for (std::size_t i = 0; i < rows_; ++i) {
    out[i] = !present(text[i])           ? kMissing
             : node.op == Op::to_number ? text_number(text[i])
                                        : text_time(text[i]);
    invalid_ += present(text[i]) && is_missing(out[i]) && (!active || active[i] == 1);
  }
  return result(out);
}

Column Evaluation::text_function(const ExpressionNode& node, const double* active) {
  using Text = std::string_view;
  switch (node.op) {
    case Op::length:
      return each<Text>(node, active,
                        [](Text x) { return present(x) ? text_length(x) : kMissing; });
    case Op::contains:
      return compared<Text>(node, active, [](Text a, Text b) { return a.find(b) != Text::npos; });
    case Op::starts_with:
      return compared<Text>(node, active, [](Text a, Text b) { return a.starts_with(b); });
    default:
      break;
  }
  const Text* text = values<Text>(node, 0, active);
  Text* out = make<Text>();
  if (node.op == Op::lower) {
    for (std::size_t i = 0; i < rows_; ++i)
      out[i] = present(text[i]) ? text_lower(text[i], arena_) : Text();
    return result(out);
  }
  const double* start = values<double>(node, 1, active);
  const double* count = node.arguments.size() > 2 ? values<double>(node, 2, active) : nullptr;
  for (std::size_t i = 0; i < rows_; ++i) {
    const double wanted = count ? count[i] : static_cast<double>(kLongestText) * 4096;
    const bool known = present(text[i]) && present(start[i]) && present(wanted);
    out[i] = known ? text_substr(text[i], start[i], wanted) : Text();
  }
  return result(out);
}

}  // namespace weir
