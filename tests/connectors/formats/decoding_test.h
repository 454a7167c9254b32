#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/core/record.h"

namespace weir {

/// Columns of a schema that a decoder fills and an encoder reads.
class Table {
 public:
  Table(const std::vector<FieldSpec>& fields, std::size_t rows) : rows_(rows) {
    for (const FieldSpec& spec : fields) schema_.fields.push_back(spec.field);
    numbers_.resize(fields.size(), std::vector<double>(rows, -1));
    texts_.resize(fields.size(), std::vector<std::string_view>(rows));
    for (std::size_t i = 0; i < fields.size(); ++i) {
      MutableColumn column;
      Column read;
      if (!fields[i].read) {
      } else if (fields[i].field.type == Type::text) {
        column = texts_[i].data();
        read = texts_[i].data();
      } else {
        column = numbers_[i].data();
        read = numbers_[i].data();
      }
      columns_.push_back(column);
      read_.push_back(read);
    }
  }

  std::span<const MutableColumn> columns() const { return columns_; }
  const Schema& schema() const { return schema_; }
  double& number(std::size_t field, std::size_t row = 0) { return numbers_[field][row]; }
  std::string_view& text(std::size_t field, std::size_t row = 0) { return texts_[field][row]; }
  Batch batch() const {
    return {&schema_, static_cast<std::uint32_t>(rows_), nullptr, read_.data()};
  }

 private:
  std::size_t rows_;
  Schema schema_;
  std::vector<std::vector<double>> numbers_;
  std::vector<std::vector<std::string_view>> texts_;
  std::vector<MutableColumn> columns_;
  std::vector<Column> read_;
};

inline FieldSpec field(std::string name, Type type) {
  FieldSpec spec;
  spec.field = {std::move(name), type};
  return spec;
}

inline Record record_of(std::string_view value) {
  Record record;
  record.value = value;
  return record;
}

/// Decodes one record and says what came out: `ok` and the cells, or `reason: field: text`.
inline std::string decoded(Decoder& decoder, const std::vector<FieldSpec>& fields,
                           const Record& record) {
  Arena arena;
  Table table(fields, 1);
  BadRecord bad;
  if (!decoder.decode(record, arena, table.columns(), 0, bad))
    return std::string(reason_name(bad.reason)) + ": " + bad.field + ": " + bad.text;
  std::string out = "ok";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].read) continue;
    out += ' ';
    if (fields[i].field.type == Type::text) {
      const std::string_view text = table.text(i);
      out += is_missing(text) ? "-" : "'" + std::string(text) + "'";
    } else {
      char digits[32];
      std::snprintf(digits, sizeof digits, "%.17g", table.number(i));
      out += is_missing(table.number(i)) ? "-" : digits;
    }
  }
  return out;
}

}  // namespace weir
