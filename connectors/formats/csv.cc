#include "connectors/formats/csv.h"

#include <simdjson.h>

#include <cstring>
#include <utility>

#include "connectors/formats/cells.h"
#include "connectors/formats/text.h"
#include "pipeline/core/number_text.h"

namespace weir {
namespace {

/// The inside of a cell in quotes, each pair of quotes made one.
std::string_view without_doubled_quotes(std::string_view inside, Arena& arena) {
  const std::span<char> to = arena.make<char>(inside.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    to[size++] = inside[i];
    if (inside[i] == '"') ++i;
  }
  return {to.data(), size};
}

std::optional<CsvCell> take_quoted(std::string_view& row, Arena& unquoted) {
  bool doubled = false;
  std::size_t close = row.find('"', 1);
  while (close != std::string_view::npos && close + 1 < row.size() && row[close + 1] == '"') {
    doubled = true;
    close = row.find('"', close + 2);
  }
  if (close == std::string_view::npos) return std::nullopt;
  CsvCell cell{row.substr(1, close - 1), true, close + 1 == row.size()};
  if (!cell.last && row[close + 1] != ',') return std::nullopt;
  if (doubled) cell.text = without_doubled_quotes(cell.text, unquoted);
  row.remove_prefix(cell.last ? row.size() : close + 2);
  return cell;
}

class CsvDecoder final : public Decoder {
 public:
  explicit CsvDecoder(std::vector<FieldSpec> fields) : cells_(std::move(fields)) {
    for (std::size_t i = 0; i < cells_.fields().size(); ++i) {
      const FieldSpec& spec = cells_.fields()[i];
      if (spec.from != FieldSpec::From::value) continue;
      columns_.emplace_back();
      if (!spec.read) continue;
      columns_.back().push_back(i);
      if (spec.field.type == Type::text) texts_ = true;
    }
  }

  std::string head(std::string_view line) override {
    Arena arena;
    std::vector<std::string> names;
    for (bool last = false; !last;) {
      const auto cell = take_csv_cell(line, arena);
      if (!cell) return "the header line has a quote that is not closed";
      names.emplace_back(cell->text);
      last = cell->last;
    }
    columns_.assign(names.size(), {});
    std::string problems;
    for (std::size_t i = 0; i < cells_.fields().size(); ++i) {
      const FieldSpec& spec = cells_.fields()[i];
      if (!spec.read || spec.from != FieldSpec::From::value) continue;
      const std::string problem = place(spec.path, i, names);
      if (!problem.empty()) problems += (problems.empty() ? "" : "; ") + problem;
    }
    return problems;
  }

  bool decode(const Record& record, Arena& arena, std::span<const MutableColumn> columns,
              std::size_t row, BadRecord& bad) override {
    // An empty line is a row where there is one column.
    if (!(record.has_value && record.value.empty() && columns_.size() == 1) &&
        !has_value(record, bad))
      return false;
    cells_.begin(record, arena, columns, row);
    std::string_view rest = texts_ ? arena.copy(record.value) : record.value;
    std::size_t column = 0;
    for (bool last = false; !last; ++column) {
      const auto cell = take_csv_cell(rest, arena);
      if (!cell)
        return bad_record(bad, Reason::type, "the quotes of a cell are not closed where it ends");
      if (column < columns_.size())
        for (std::size_t field : columns_[column]) put(field, *cell);
      last = cell->last;
    }
    if (column != columns_.size()) return wrong_count(bad, column);
    return cells_.finish(bad);
  }

 private:
  std::string place(const std::string& path, std::size_t field,
                    const std::vector<std::string>& names) {
    std::size_t found = 0;
    for (std::size_t column = 0; column < names.size(); ++column) {
      if (names[column] != path) continue;
      ++found;
      columns_[column].push_back(field);
    }
    if (found == 1) return {};
    if (found > 1) return "there are " + std::to_string(found) + " columns `" + path + "`";
    const std::vector<std::string_view> known(names.begin(), names.end());
    const std::string_view near = nearest_name(path, known);
    return "no column `" + path + "`" +
           (near.empty() ? "" : " (did you mean `" + std::string(near) + "`?)");
  }

  void put(std::size_t field, const CsvCell& cell) {
    if (cell.text.empty() && !cell.quoted) return;  // missing already
    if (cells_.fields()[field].field.type == Type::text &&
        !simdjson::validate_utf8(cell.text.data(), cell.text.size()))
      return cells_.put_wrong(field, Reason::utf8, "the cell");
    cells_.put_characters(field, cell.text);
  }

  bool wrong_count(BadRecord& bad, std::size_t count) const {
    bad_record(bad, Reason::type, {});
    bad.text = std::to_string(count) + " cells instead of " + std::to_string(columns_.size());
    return false;
  }

  Cells cells_;
  std::vector<std::vector<std::size_t>> columns_;  // the fields that read each column
  bool texts_ = false;
};

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(",\"\r\n") != std::string_view::npos;
}

void append_text(std::string& out, std::string_view text) {
  if (!needs_quotes(text)) {
    out += text;
    return;
  }
  out += '"';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

class CsvEncoder final : public Encoder {
 public:
  CsvEncoder(const Schema& schema, std::vector<std::size_t> fields) : fields_(std::move(fields)) {
    for (std::size_t field : fields_) {
      if (!types_.empty()) head_ += ',';
      append_text(head_, schema.fields[field].name);
      types_.push_back(schema.fields[field].type);
    }
    head_ += '\n';
  }

  void encode(const Batch& batch, std::size_t row, std::string& out) const override {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (i > 0) out += ',';
      if (types_[i] == Type::text) {
        const std::string_view text = batch.text(fields_[i], row);
        if (!is_missing(text)) append_text(out, text);
        continue;
      }
      const double number = batch.number(fields_[i], row);
      if (is_missing(number)) continue;
      if (types_[i] == Type::boolean)
        out += number != 0 ? "true" : "false";
      else
        append_number(out, number);
    }
  }

  void head(std::string& out) const override { out += head_; }

 private:
  std::vector<std::size_t> fields_;
  std::vector<Type> types_;
  std::string head_;
};

class CsvFormat final : public FormatSpec {
 public:
  void describe(OptionVisitor&) override {}
  std::unique_ptr<Decoder> decoder(std::vector<FieldSpec> fields) const override {
    return make_csv_decoder(std::move(fields));
  }
  std::unique_ptr<Encoder> encoder(const Schema& schema,
                                   std::vector<std::size_t> fields) const override {
    return make_csv_encoder(schema, std::move(fields));
  }
};

}  // namespace

std::optional<CsvCell> take_csv_cell(std::string_view& row, Arena& unquoted) {
  if (!row.empty() && row[0] == '"') return take_quoted(row, unquoted);
  const char* const first = row.data();
  const char* const end = first + row.size();
  const char* comma = first;  // cells are short: a loop beats memchr
  while (comma != end && *comma != ',') ++comma;
  const bool last = comma == end;
  const CsvCell cell{{first, static_cast<std::size_t>(comma - first)}, false, last};
  row.remove_prefix(last ? row.size() : cell.text.size() + 1);
  return cell;
}

std::unique_ptr<Decoder> make_csv_decoder(std::vector<FieldSpec> fields) {
  return std::make_unique<CsvDecoder>(std::move(fields));
}

std::unique_ptr<Encoder> make_csv_encoder(const Schema& schema, std::vector<std::size_t> fields) {
  return std::make_unique<CsvEncoder>(schema, std::move(fields));
}

std::unique_ptr<FormatSpec> make_csv_format() { return std::make_unique<CsvFormat>(); }

}  // namespace weir
