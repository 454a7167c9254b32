#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/record.h"

namespace weir {

/// Takes the first cell off a row of CSV (RFC 4180) and the comma after it.
/// A cell in quotes is unquoted; `unquoted` is used when it has quotes inside.
struct CsvCell {
  std::string_view text;
  bool quoted = false;
  bool last = false;  // no comma followed
};
/// Returns nothing when the quotes are wrong: one not closed, or text behind a closing one.
std::optional<CsvCell> take_csv_cell(std::string_view& row, Arena& unquoted);

/// Reads rows of CSV (RFC 4180, comma). `head` says which column is which; without it the columns
/// are the fields in their order. Extra columns are allowed, each row must have all of them.
///
/// A cell's value is its text, quoted or not: an empty one is missing, but `""` is an empty text.
/// A row with wrong quotes or another number of cells is a bad record (`type`, no field). UTF-8 is
/// checked of the texts read.
/// Cost: some 0.2 us for 7 numbers. The row is copied into the arena only where texts are read.
std::unique_ptr<Decoder> make_csv_decoder(std::vector<FieldSpec> fields);

/// Writes rows of CSV, the values as JSON has them, missing as an empty cell, an empty text as
/// `""`. A text is quoted when it has a comma, a quote, CR or LF. Rows have no line end of their
/// own, the header line (`head`) ends with LF.
std::unique_ptr<Encoder> make_csv_encoder(const Schema& schema, std::vector<std::size_t> fields);

/// `format: csv`.
std::unique_ptr<FormatSpec> make_csv_format();

}  // namespace weir
