#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"
#include "pipeline/core/options.h"
#include "pipeline/core/schema.h"

namespace weir {

struct Header {
  std::string_view name;
  std::string_view value;  // null data(): the header has none
};

/// A record of a partition. Borrowed: see RecordReader::fetch.
struct Record {
  std::int64_t offset = 0;
  std::int64_t timestamp = 0;  // ms since 1970 UTC
  std::string_view key;
  std::string_view value;
  bool has_key = false;
  bool has_value = true;
  std::span<const Header> headers;
};

/// Why no row came of a record: the metric's label, and how the header of a dead letter begins.
enum class Reason : std::uint8_t {
  empty,
  null,
  json,
  format,
  depth,
  utf8,
  type,
  range,
  missing,
  time,
  time_ahead,
  too_large,
  label_type,
  label_class,
  output_too_large,
  poison,  // it crashes the process: skipped unread
  // Not bad: by the source's options no row comes of it, and no dead letter.
  tombstone,
  deleted
};
inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::deleted) + 1;
/// How the reason is saved, reported and written into a dead letter.
std::string_view reason_name(Reason reason);
/// Whether the record was passed over on purpose, and so is no dead letter.
inline bool is_skipped(Reason reason) { return reason >= Reason::tombstone; }

/// What is wrong with a record. Reused from record to record: no allocation for good ones.
struct BadRecord {
  Reason reason = Reason::empty;
  std::string field;  // empty: the record as a whole
  std::string text;   // for a person: what was found
};

/// One field of a source as its decoder has to read it.
struct FieldSpec {
  enum class From : std::uint8_t { value, key, header };

  Field field;
  std::string path;  // dots go into objects; default: the field's name
  std::vector<PathStep> steps;  // if any, they count, and `path` is the list as text
  From from = From::value;
  bool required = false;
  bool lenient = false;              // takes what other programs write (pipeline/LANGUAGE.md)
  double unit_ms = 1;                // of a number that is a time: 1000, 1, 1e-3 or 1e-6
  std::string pattern;               // of a text that is a time; empty: RFC 3339
  std::int64_t offset_ms = 0;        // ahead of UTC, of a time without a zone
  std::vector<std::string> missing;  // texts that stand for a missing value
  bool read = true;                  // something reads it; else it is neither decoded nor checked
  bool label = false;                // a wrong type is Reason::label_type
  /// Sorted: the texts that a label may be; another is Reason::label_class. None: any.
  std::optional<std::vector<std::string>> classes;
  bool identity = false;  // it says whose row it is: an ambiguous number is Reason::range

  /// Its name where records are flat: of a header or a column.
  const std::string& flat_name() const { return steps.empty() ? path : steps.front().name; }
};

/// How a file is split into rows.
struct RowForm {
  bool head = true;  // the first row names the columns
  char separator = ',';
  char quote = '"';  // 0: none
};

/// Turns the records of one source into rows. One instance a shard; not thread-safe.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// Decodes into row `row` of `columns`, one column per FieldSpec in order (null where not read).
  /// Texts are views into `arena` (the record's bytes are copied there, with the parser's padding).
  /// Returns false and says why in `bad` for a bad record; the row's cells are then undefined.
  virtual bool decode(const Record& record, Arena& arena, std::span<const MutableColumn> columns,
                      std::size_t row, BadRecord& bad) = 0;

  /// The header line of a file (CSV), which names the columns. Returns a complaint, or empty.
  virtual std::string head(std::string_view) { return {}; }
};

/// Turns rows into the bytes of a sink; the bytes are part of the order law (pipeline/LANGUAGE.md).
class Encoder {
 public:
  virtual ~Encoder() = default;

  /// Appends the record's value for one row.
  virtual void encode(const Batch& batch, std::size_t row, std::string& out) const = 0;

  /// Appends the beginning of a file (CSV: the header line); nothing for other formats.
  virtual void head(std::string&) const {}
};

/// A format as written (`format: json`, `format: { csv: { ... } }`).
class FormatSpec {
 public:
  virtual ~FormatSpec() = default;
  /// Its options in a source.
  virtual void describe(OptionVisitor& option) = 0;
  /// Its options in a sink.
  virtual void describe_writing(OptionVisitor& option) { describe(option); }
  /// Why records of this format cannot hold the field where it says; empty: they can.
  virtual std::string wrong_place(const FieldSpec&) const { return {}; }
  /// Of files that hold rows of it.
  virtual RowForm rows() const { return {}; }
  virtual std::unique_ptr<Decoder> decoder(std::vector<FieldSpec> fields) const = 0;
  /// `fields`: indices of the schema's fields to write, in this order.
  virtual std::unique_ptr<Encoder> encoder(const Schema& schema,
                                           std::vector<std::size_t> fields) const = 0;
};

/// A row of the table of formats (connectors/registry.cc).
struct FormatType {
  std::string_view name;
  std::string_view doc;
  std::string_view later;
  std::unique_ptr<FormatSpec> (*make)();
};

}  // namespace weir
