#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/record.h"

namespace weir {

/// A dialect of CSV.
struct CsvForm {
  RowForm rows;
  char decimal = '.';  // the decimal mark of numbers
};

struct CsvCell {
  std::string_view text;
  bool quoted = false;
  bool last = false;  // no separator followed
};

/// Of take_csv_cell: a row that begins with a quote.
std::optional<CsvCell> take_quoted_csv_cell(std::string_view& row, Arena& unquoted,
                                            const RowForm& form);

/// Takes the first cell off a row of CSV (RFC 4180) and the separator after it.
/// A cell in quotes is unquoted; `unquoted` is used when it has quotes inside. Returns nothing
/// when the quotes are wrong: one not closed, or text behind a closing one.
inline std::optional<CsvCell> take_csv_cell(std::string_view& row, Arena& unquoted,
                                            const RowForm& form = {}) {
  if (!row.empty() && row[0] == form.quote && form.quote != '\0')
    return take_quoted_csv_cell(row, unquoted, form);
  const char* const first = row.data();
  const char* const end = first + row.size();
  const char separator = form.separator;
  const char* at = first;  // cells are short: a loop beats memchr
  while (at != end && *at != separator) ++at;
  const bool last = at == end;
  const CsvCell cell{{first, static_cast<std::size_t>(at - first)}, false, last};
  row.remove_prefix(last ? row.size() : cell.text.size() + 1);
  return cell;
}

/// Reads rows of CSV (RFC 4180). `head` says which column is which; without it the columns
/// are the fields in their order. Extra columns are allowed, each row must have all of them.
///
/// A cell's value is its text, quoted or not: an empty one is missing, but `""` is an empty text.
/// A row with wrong quotes or another number of cells is a bad record (`type`, no field). UTF-8 is
/// checked of the texts read.
/// Cost: some 0.2 us for 7 numbers. The row is copied into the arena only where texts are read.
std::unique_ptr<Decoder> make_csv_decoder(std::vector<FieldSpec> fields, CsvForm form = {});

/// Writes rows of CSV, the values as JSON has them, missing as an empty cell, an empty text as
/// `""`. A cell is quoted when it has a separator, a quote, CR or LF. Rows have no line end of
/// their own, the header line (`head`) ends with LF.
std::unique_ptr<Encoder> make_csv_encoder(const Schema& schema, std::vector<std::size_t> fields,
                                          CsvForm form = {});

/// `format: csv`.
std::unique_ptr<FormatSpec> make_csv_format();

}  // namespace weir
