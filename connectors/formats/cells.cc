#include "connectors/formats/cells.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "connectors/formats/complaint.h"
#include "pipeline/core/check.h"
#include "pipeline/core/time_parts.h"
#include "pipeline/core/time_pattern.h"
#include "pipeline/core/time_text.h"

namespace weir {
namespace {

/// With a decimal comma a longer text is no number.
constexpr std::size_t kLongestNumber = 512;

/// Of ten, of a unit in ms.
int power_of(double unit_ms) {
  if (unit_ms >= 1000) return 3;
  if (unit_ms >= 1) return 0;
  return unit_ms >= 1e-3 ? -3 : -6;
}

inline std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

Cells::Cells(std::vector<FieldSpec> fields, char decimal)
    : fields_(std::move(fields)),
      decimal_(decimal),
      special_(fields_.size()),
      wrong_(fields_.size()) {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    FieldSpec& spec = fields_[i];
    types_.push_back(spec.field.type);
    if (spec.path.empty()) spec.path = spec.field.name;
    special_[i] = !spec.missing.empty() || !spec.pattern.empty() ||
                  (decimal != '.' && spec.field.type != Type::text);
    if (!spec.read) continue;
    read_.push_back(i);
    if (spec.from != FieldSpec::From::value) outside_.push_back(i);
    if (spec.required) required_.push_back(i);
  }
}

void Cells::begin(const Record& record, Arena& arena, std::span<const MutableColumn> columns,
                  std::size_t row) {
  check(columns.size() == fields_.size(), "a column for each field");
  columns_ = columns;
  row_ = row;
  if (any_wrong_) {
    std::fill(wrong_.begin(), wrong_.end(), Wrong{});
    any_wrong_ = false;
  }
  for (std::size_t field : read_) {
    if (types_[field] == Type::text)
      columns_[field].texts()[row] = {};
    else
      columns_[field].numbers()[row] = kMissing;
  }
  if (!outside_.empty()) read_key_and_headers(record, arena);
}

void Cells::read_key_and_headers(const Record& record, Arena& arena) {
  for (std::size_t field : outside_) {
    const FieldSpec& spec = fields_[field];
    std::optional<std::string_view> text;
    if (spec.from == FieldSpec::From::key) {
      if (record.has_key) text = record.key;
    } else {
      for (const Header& header : record.headers)
        if (header.name == spec.flat_name() && header.value.data() != nullptr) text = header.value;
    }
    if (!text) continue;
    const std::string_view copy = arena.copy(*text);
    if (simdjson::validate_utf8(copy.data(), copy.size()))
      put_characters(field, copy);
    else
      put_wrong(field, Reason::utf8, "the value");
  }
}

void Cells::put_wrong(std::size_t field, Reason reason, std::string_view found) {
  wrong_[field] = {true, reason, found};
  any_wrong_ = true;
}

bool Cells::is_listed(std::size_t field, std::string_view text) const {
  const std::vector<std::string>& missing = fields_[field].missing;
  return std::find(missing.begin(), missing.end(), text) != missing.end();
}

void Cells::put_checked(std::size_t field, double value, std::string_view digits) {
  switch (types_[field]) {
    case Type::number:
      return put_number(field, value);
    case Type::boolean:
      if (value == 0 || value == 1) return put_number(field, value == 1 ? 1 : 0);
      return put_wrong(field, Reason::type, digits);
    case Type::time:
      return put_moment(field, value, digits, digits);
    case Type::text:
      break;
  }
  check(false, "numbers for texts are taken as characters");
}

void Cells::put_moment(std::size_t field, double value, std::string_view digits,
                       std::string_view found) {
  const FieldSpec& spec = fields_[field];
  if (!spec.pattern.empty()) return put_time(field, digits, found);
  if (spec.unit_ms >= 1 && value == std::trunc(value)) {  // exact
    if (is_time(value * spec.unit_ms)) return put_number(field, value * spec.unit_ms);
  } else {
    const std::optional<std::int64_t> ms = read_epoch(digits, power_of(spec.unit_ms));
    if (ms && is_time(static_cast<double>(*ms)))
      return put_number(field, static_cast<double>(*ms));
  }
  put_wrong(field, Reason::time, found);
}

void Cells::put_time(std::size_t field, std::string_view text, std::string_view found) {
  const FieldSpec& spec = fields_[field];
  const std::optional<std::int64_t> ms =
      spec.pattern.empty() ? read_time(text, spec.offset_ms)
                           : read_pattern(text, spec.pattern, spec.offset_ms);
  if (ms && is_time(static_cast<double>(*ms)))
    return put_number(field, static_cast<double>(*ms));
  put_wrong(field, Reason::time, found);
}

void Cells::put_not_finite(std::size_t field, std::string_view found) {
  const FieldSpec& spec = fields_[field];
  const bool number = spec.field.type == Type::number;
  if (is_listed(field, found) || (number && spec.lenient)) return put_missing(field);
  put_wrong(field, spec.field.type == Type::time ? Reason::time : Reason::range, found);
}

void Cells::put_characters(std::size_t field, std::string_view text) {
  if (special_[field] != 0) return put_special(field, text);
  if (types_[field] == Type::text) return put_text(field, text);
  const std::string_view inner = trim(text);
  if (inner.empty()) return put_missing(field);
  double value = 0;
  const Parsed parsed = parse_number(inner, value);
  if (parsed == Parsed::ok) return put_checked(field, value, inner);
  put_no_number(field, parsed, inner, inner);
}

/// Where texts stand for missing values, times have a pattern, numbers a decimal comma.
void Cells::put_special(std::size_t field, std::string_view text) {
  const FieldSpec& spec = fields_[field];
  const bool is_text = spec.field.type == Type::text;
  const std::string_view inner = is_text ? text : trim(text);
  if (is_listed(field, inner)) return put_missing(field);
  if (is_text) return put_text(field, text);
  if (inner.empty()) return put_missing(field);
  if (!spec.pattern.empty()) return put_time(field, inner, inner);
  if (decimal_ == '.') return put_value(field, inner, inner);

  std::array<char, kLongestNumber> digits;
  if (inner.size() > digits.size()) return put_word(field, inner, inner);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '.') return put_word(field, inner, inner);  // no number here
    digits[i] = inner[i] == decimal_ ? '.' : inner[i];
  }
  put_value(field, {digits.data(), inner.size()}, inner);
}

/// `inner` is what is read, `found` what a complaint shows.
void Cells::put_value(std::size_t field, std::string_view inner, std::string_view found) {
  double value = 0;
  const Parsed parsed = parse_number(inner, value);
  if (parsed != Parsed::ok) return put_no_number(field, parsed, inner, found);
  if (types_[field] == Type::time) return put_moment(field, value, inner, found);
  put_checked(field, value, found);
}

/// What is no finite number as it stands.
void Cells::put_no_number(std::size_t field, Parsed parsed, std::string_view inner,
                          std::string_view found) {
  if (parsed == Parsed::malformed) {
    const bool plus =
        inner.size() > 1 && inner[0] == '+' && (is_digit(inner[1]) || inner[1] == '.');
    return plus ? put_value(field, inner.substr(1), found) : put_word(field, inner, found);
  }
  if (is_not_finite(inner)) return put_not_finite(field, found);
  put_wrong(field, types_[field] == Type::time ? Reason::time : Reason::range, found);
}

/// What is no number.
void Cells::put_word(std::size_t field, std::string_view inner, std::string_view found) {
  const FieldSpec& spec = fields_[field];
  if (spec.field.type == Type::time) return put_time(field, inner, found);
  if (spec.field.type == Type::boolean) {
    if (inner == "true" || inner == "false") return put_number(field, inner == "true" ? 1 : 0);
    bool value = false;
    if (spec.lenient && read_boolean_word(inner, value)) return put_number(field, value ? 1 : 0);
  }
  put_wrong(field, Reason::type, found);
}

bool Cells::finish(BadRecord& bad) {
  if (any_wrong_) {
    for (std::size_t field : read_) {
      const Wrong& wrong = wrong_[field];
      if (!wrong.is) continue;
      const FieldSpec& spec = fields_[field];
      bad.reason = wrong.reason == Reason::type && spec.label ? Reason::label_type : wrong.reason;
      bad.field = spec.field.name;
      bad.text.clear();
      append_complaint(bad.text, spec, wrong.reason, wrong.found);
      return false;
    }
  }
  for (std::size_t field : required_) {
    const bool missing = fields_[field].field.type == Type::text
                             ? is_missing(columns_[field].texts()[row_])
                             : is_missing(columns_[field].numbers()[row_]);
    if (!missing) continue;
    bad.reason = Reason::missing;
    bad.field = fields_[field].field.name;
    bad.text = "has no value";
    return false;
  }
  return true;
}

bool bad_record(BadRecord& bad, Reason reason, std::string_view text) {
  bad.reason = reason;
  bad.field.clear();
  bad.text = text;
  return false;
}

bool has_value(const Record& record, BadRecord& bad) {
  if (!record.has_value) return bad_record(bad, Reason::null, "no value (a tombstone)");
  if (record.value.empty()) return bad_record(bad, Reason::empty, "no bytes");
  if (record.value.size() > kMaxRecordBytes)
    return bad_record(bad, Reason::too_large, "more than 8 MiB");
  return true;
}

}  // namespace weir
