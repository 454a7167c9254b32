#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "connectors/formats/text.h"
#include "pipeline/core/record.h"

namespace weir {

/// The largest value that is decoded; a larger one is `too_large`. As large as the records of a
/// step, and as the outputs of an epoch, may be: one record at most doubles either.
inline constexpr std::size_t kMaxRecordBytes = 8 * 1024 * 1024;

/// The cells of one row while it is decoded, with what is wrong in them. A decoder puts values; a
/// later value of the same field takes the place of an earlier one, wrong or not.
/// One a decoder, reused from row to row.
class Cells {
 public:
  /// `decimal`: the decimal mark of numbers that are given by their characters.
  explicit Cells(std::vector<FieldSpec> fields, char decimal = '.');

  const std::vector<FieldSpec>& fields() const { return fields_; }
  Type type(std::size_t field) const { return types_[field]; }
  /// Whether a text of the field's may stand for a missing value.
  bool lists_missing(std::size_t field) const { return special_[field] != 0; }

  /// Begins a row: every field that is read is missing; then those of the record's key and headers
  /// are read (their bytes copied into `arena`).
  void begin(const Record& record, Arena& arena, std::span<const MutableColumn> columns,
             std::size_t row);

  void put_missing(std::size_t field);
  void put_number(std::size_t field, double value);
  void put_text(std::size_t field, std::string_view value);
  /// Notes that the field's value is wrong; `found`: its characters, alive until `finish`.
  void put_wrong(std::size_t field, Reason reason, std::string_view found);

  /// Reads a value that is given by its characters alone: a CSV cell, a key, a header, a text in
  /// quotes with `lenient`. A `text` is taken as it is; of others blanks at both ends do not count
  /// and nothing is missing; a number may begin with `+`. Texts are kept as views.
  void put_characters(std::size_t field, std::string_view text);
  /// Takes a number for a number, boolean or time. `digits`: its characters; alive until `finish`.
  void put_checked(std::size_t field, double value, std::string_view digits);
  /// Takes a text for a time.
  void put_time(std::size_t field, std::string_view text, std::string_view found);
  /// Takes NaN or an infinity: missing where the field is lenient or lists it, else wrong.
  void put_not_finite(std::size_t field, std::string_view found);

  /// Ends a row; returns false and says in `bad` what is wrong with its first wrong field.
  bool finish(BadRecord& bad);

 private:
  void read_key_and_headers(const Record& record, Arena& arena);
  bool is_listed(std::size_t field, std::string_view text) const;
  void put_special(std::size_t field, std::string_view text);
  void put_value(std::size_t field, std::string_view inner, std::string_view found);
  void put_no_number(std::size_t field, Parsed parsed, std::string_view inner,
                     std::string_view found);
  void put_word(std::size_t field, std::string_view inner, std::string_view found);
  void put_moment(std::size_t field, double value, std::string_view digits, std::string_view found);

  std::vector<FieldSpec> fields_;
  std::vector<Type> types_;           // of each field, close together
  char decimal_;
  std::vector<char> special_;         // of each field: more than its characters decide on it
  std::vector<std::size_t> read_;     // fields to set to missing
  std::vector<std::size_t> outside_;  // fields of the key or the headers
  std::vector<std::size_t> required_;
  std::span<const MutableColumn> columns_;
  std::size_t row_ = 0;

  struct Wrong {
    bool is = false;
    Reason reason = Reason::type;
    std::string_view found;
  };
  std::vector<Wrong> wrong_;
  bool any_wrong_ = false;
};

inline void Cells::put_missing(std::size_t field) {
  if (any_wrong_) wrong_[field].is = false;
  if (types_[field] == Type::text)
    columns_[field].texts()[row_] = {};
  else
    columns_[field].numbers()[row_] = kMissing;
}

inline void Cells::put_number(std::size_t field, double value) {
  if (any_wrong_) wrong_[field].is = false;
  columns_[field].numbers()[row_] = value;
}

inline void Cells::put_text(std::size_t field, std::string_view value) {
  if (any_wrong_) wrong_[field].is = false;
  columns_[field].texts()[row_] = value.data() == nullptr ? std::string_view("") : value;
}

/// Says what is wrong with a record as a whole; returns false.
bool bad_record(BadRecord& bad, Reason reason, std::string_view text);

/// Checks what every format asks of a record's value: there, not empty, not too large.
bool has_value(const Record& record, BadRecord& bad);

}  // namespace weir
