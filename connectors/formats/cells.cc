#include "connectors/formats/cells.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "connectors/formats/text.h"
#include "pipeline/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kShownBytes = 60;

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The characters of a value, short enough for a header and never half a character.
void append_shown(std::string& out, std::string_view found) {
  std::size_t size = std::min(found.size(), kShownBytes);
  if (size < found.size())
    while (size > 0 && (static_cast<unsigned char>(found[size]) & 0xc0) == 0x80) --size;
  out.append(found.substr(0, size));
  if (size < found.size()) out += "...";
}

std::string_view complaint(Reason reason, Type type) {
  switch (reason) {
    case Reason::utf8:
      return "is not UTF-8";
    case Reason::range:
      return "is not a finite double";
    case Reason::time:
      return "is not a time (RFC 3339 or a whole number, years 1900 to 2200)";
    default:
      break;
  }
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

}  // namespace

Cells::Cells(std::vector<FieldSpec> fields) : fields_(std::move(fields)), wrong_(fields_.size()) {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    FieldSpec& spec = fields_[i];
    if (spec.path.empty()) spec.path = spec.field.name;
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
    if (fields_[field].field.type == Type::text)
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
        if (header.name == spec.path && header.value.data() != nullptr) text = header.value;
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

void Cells::put_checked(std::size_t field, double value, std::string_view found) {
  const FieldSpec& spec = fields_[field];
  switch (spec.field.type) {
    case Type::number:
      return put_number(field, value);
    case Type::boolean:
      if (value == 0 || value == 1) return put_number(field, value == 1 ? 1 : 0);
      return put_wrong(field, Reason::type, found);
    case Type::time:
      if (value == std::trunc(value) && is_time(value * spec.unit_ms))
        return put_number(field, value * spec.unit_ms);
      return put_wrong(field, Reason::time, found);
    case Type::text:
      break;
  }
  check(false, "numbers for texts are taken as characters");
}

void Cells::put_characters(std::size_t field, std::string_view text) {
  const FieldSpec& spec = fields_[field];
  const bool is_text = spec.field.type == Type::text;
  const std::string_view inner = is_text ? text : trim(text);
  for (const std::string& missing : spec.missing)
    if (inner == missing) return put_missing(field);
  if (is_text) return put_text(field, text);
  if (inner.empty()) return put_missing(field);

  double value = 0;
  switch (parse_number(inner, value)) {
    case Parsed::ok:
      return put_checked(field, value, inner);
    case Parsed::out_of_range:
      return put_wrong(field, spec.field.type == Type::time ? Reason::time : Reason::range, inner);
    case Parsed::malformed:
      break;
  }
  if (spec.field.type == Type::boolean && (inner == "true" || inner == "false"))
    return put_number(field, inner == "true" ? 1 : 0);
  if (spec.field.type != Type::time) return put_wrong(field, Reason::type, inner);
  if (parse_time(inner, value) == Parsed::ok) return put_number(field, value);
  put_wrong(field, Reason::time, inner);
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
      append_shown(bad.text, wrong.found);
      bad.text += ' ';
      bad.text += complaint(wrong.reason, spec.field.type);
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
