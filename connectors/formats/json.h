#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "pipeline/core/record.h"

namespace weir {

/// The deepest nesting of objects and arrays in a JSON record; the record itself is 1.
inline constexpr std::size_t kMaxJsonDepth = 32;

/// What a source's records are around their JSON.
struct JsonForm {
  bool skip_nulls = false;  // a record without a value is Reason::tombstone
  bool debezium = false;    // the fields stand in `after` or `payload.after`; so are tombstones
  bool framed = false;      // a zero byte and four of a schema's id stand in front
};

/// Reads JSON objects (RFC 8259) with simdjson's on-demand parser.
///
/// Checked of a record: size, UTF-8, texts closed and free of control characters, depth, brackets
/// on the way to the fields read, the object's end and that nothing follows; every value that is
/// read, wholly. Not checked: values that nobody reads. A name twice: the last counts, of objects
/// too. Names with escapes are understood. A text, in quotes, that a field's `missing:` lists is
/// missing, whatever the field's type. The tokens NaN, Infinity and -Infinity are no JSON; where a
/// field reads one it alone is wrong, or missing if it is lenient or lists it.
/// Cost: some 0.2 us for 130 bytes with 4 numbers; one copy of the record in the arena, no
/// allocation while records name their fields in the order of the record before.
std::unique_ptr<Decoder> make_json_decoder(std::vector<FieldSpec> fields, JsonForm form = {});

/// Writes `{"name":value,...}` without blanks, fields in the order given, numbers and times as
/// text.h writes them, missing as null. Of a text only `"`, `\` and control characters are escaped
/// (\b \f \n \r \t, else \u00xx in small letters).
std::unique_ptr<Encoder> make_json_encoder(const Schema& schema, std::vector<std::size_t> fields);

/// `format: json`.
std::unique_ptr<FormatSpec> make_json_format();

}  // namespace weir
