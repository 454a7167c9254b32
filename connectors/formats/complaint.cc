#include "connectors/formats/complaint.h"

#include <algorithm>
#include <cstddef>

#include "connectors/formats/text.h"
#include "pipeline/core/bounded_text.h"
#include "pipeline/core/time_parts.h"

namespace weir {
namespace {

constexpr std::size_t kShownBytes = 60;

std::string_view unit_name(double unit_ms) {
  if (unit_ms >= 1000) return "s";
  if (unit_ms >= 1) return "ms";
  return unit_ms >= 1e-3 ? "us" : "ns";
}

std::string wrong_time(const FieldSpec& field) {
  if (!field.pattern.empty())
    return "is not a time as the pattern `" + field.pattern + "` says, of the years 1900 to 2200";
  return "is not a time (RFC 3339 or a number of " + std::string(unit_name(field.unit_ms)) +
         ", years 1900 to 2200)";
}

std::string wrong_type(Type type) {
  switch (type) {
    case Type::number:
      return "is not a number";
    case Type::boolean:
      return "is not true, false, 0 or 1";
    case Type::text:
      return "is not a text";
    case Type::time:
      return "is not a time";
  }
  return "is wrong";
}

std::string complaint(const FieldSpec& field, Reason reason) {
  switch (reason) {
    case Reason::utf8:
      return "is not UTF-8";
    case Reason::range:
      return "is not a finite double";
    case Reason::time:
      return wrong_time(field);
    default:
      return wrong_type(field.field.type);
  }
}

std::string_view without_quotes(std::string_view found) {
  const bool quoted = found.size() >= 2 && found.front() == '"' && found.back() == '"';
  return quoted ? found.substr(1, found.size() - 2) : found;
}

bool is_number(std::string_view text) {
  double number = 0;
  return parse_number(text, number) != Parsed::malformed;
}

/// Whether `lenient` would take the value.
bool lenient_takes(const FieldSpec& field, std::string_view text, bool in_quotes) {
  bool word = false;
  switch (field.field.type) {
    case Type::number:
      return is_not_finite(text) || (in_quotes && is_number(text));
    case Type::boolean:
      return read_boolean_word(text, word) || (in_quotes && (text == "1" || text == "0"));
    case Type::time:
      return in_quotes && field.pattern.empty() && is_number(text);
    case Type::text:
      break;
  }
  return false;
}

bool has_decimal_comma(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return false;
  std::string with_point(text);
  with_point[comma] = '.';
  return is_number(with_point);
}

bool begins_with_year(std::string_view text) {
  unsigned year = 0;
  return take_fixed(text, 4, year) && take_char(text, '-');
}

/// The option that takes the value as it is, or nothing.
std::string_view way_out(const FieldSpec& field, std::string_view found) {
  const Type type = field.field.type;
  const std::string_view text = without_quotes(found);
  const bool in_quotes = text.size() != found.size();
  if (!field.lenient && lenient_takes(field, text, in_quotes))
    return is_not_finite(text) ? "`lenient: true` takes it as missing" : "`lenient: true` takes it";
  if (type == Type::number && !in_quotes && has_decimal_comma(text))
    return "`format: { csv: { decimal: \",\" } }` takes a decimal comma";
  if (type == Type::time && field.pattern.empty() && !is_number(text) && !begins_with_year(text) &&
      std::any_of(text.begin(), text.end(), is_digit))
    return "`pattern` reads other forms";
  return {};
}

}  // namespace

void append_shown(std::string& out, std::string_view text) {
  const std::string_view shown = cut_text(text, kShownBytes);
  out += shown;
  if (shown.size() < text.size()) out += "...";
}

void append_complaint(std::string& out, const FieldSpec& field, Reason reason,
                      std::string_view found) {
  append_shown(out, found);
  out += ' ';
  out += complaint(field, reason);
  if (reason == Reason::utf8) return;
  if (const std::string_view option = way_out(field, found); !option.empty()) {
    out += "; ";
    out += option;
  }
}

}  // namespace weir
