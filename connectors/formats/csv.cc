#include "connectors/formats/csv.h"

#include <simdjson.h>

#include <utility>

#include "connectors/formats/cells.h"
#include "connectors/formats/csv_head.h"

namespace weir {
namespace {

/// The inside of a cell in quotes, each pair of quotes made one.
std::string_view without_doubled_quotes(std::string_view inside, Arena& arena, char quote) {
  const std::span<char> to = arena.make<char>(inside.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    to[size++] = inside[i];
    if (inside[i] == quote) ++i;
  }
  return {to.data(), size};
}

class CsvDecoder final : public Decoder {
 public:
  CsvDecoder(std::vector<FieldSpec> fields, CsvForm form)
      : cells_(std::move(fields), form.decimal), form_(form.rows) {
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
    const auto names = csv_names(line, form_);
    if (names) columns_.assign(names->size(), {});
    std::vector<std::string_view> wanted;
    std::string problems = names ? "" : "the header line has a quote that is not closed";
    for (std::size_t i = 0; i < cells_.fields().size(); ++i) {
      const FieldSpec& spec = cells_.fields()[i];
      if (!spec.read || spec.from != FieldSpec::From::value) continue;
      wanted.push_back(spec.flat_name());
      const std::string problem = names ? place(spec.flat_name(), i, *names) : "";
      if (!problem.empty()) problems += (problems.empty() ? "" : "; ") + problem;
    }
    return problems.empty() ? problems : problems + about_head(line, form_, wanted);
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
      const auto cell = take_csv_cell(rest, arena, form_);
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
    if (cells_.type(field) == Type::text &&
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
  const RowForm form_;
  std::vector<std::vector<std::size_t>> columns_;  // the fields that read each column
  bool texts_ = false;
};

class CsvFormat final : public FormatSpec {
 public:
  void describe(OptionVisitor& option) override { describe(option, false); }
  void describe_writing(OptionVisitor& option) override { describe(option, true); }
  RowForm rows() const override { return form_.rows; }
  std::string wrong_place(const FieldSpec& field) const override {
    if (field.steps.size() > 1) return "a column has one name: `path` must be a text";
    if (field.steps.size() == 1 && field.steps[0].index)
      return "a column is found by its name, not by an index";
    return {};
  }
  std::unique_ptr<Decoder> decoder(std::vector<FieldSpec> fields) const override {
    return make_csv_decoder(std::move(fields), form_);
  }
  std::unique_ptr<Encoder> encoder(const Schema& schema,
                                   std::vector<std::size_t> fields) const override {
    return make_csv_encoder(schema, std::move(fields), form_);
  }

 private:
  void describe(OptionVisitor& option, bool writes) {
    RowForm& rows = form_.rows;
    character(option, "separator", rows.separator,
              {.doc = "what stands between cells: one character, or tab",
               .pattern = "^(tab|\\\\t|[^0-9\\r\\n\\u0080-\\uffff])$",
               .example = "';'"});
    character(option, "decimal", form_.decimal,
              {.doc = "the decimal mark of numbers: . or ,", .choices = ".|,"});
    character(option, "quote", rows.quote,
              {.doc = writes ? "what encloses cells that hold a separator or a line end"
                             : "what encloses cells that hold a separator or a line end, or none",
               .pattern = "^(tab|\\\\t|none||[^0-9\\r\\n\\u0080-\\uffff])$"});
    option("header", rows.head,
           {.doc = writes ? "a file begins with a line that names the columns"
                          : "the first line of a file names the columns; without it they are the "
                            "fields in their order"});
    if (!option.reading()) return;
    if (form_.decimal == rows.separator)
      option.fail("decimal", "is the separator too: set `separator` as well, such as \";\"");
    if (rows.quote == rows.separator) option.fail("quote", "is the separator too");
    if (writes && rows.quote == '\0')
      option.fail("quote", "must be a character in a sink: texts may hold a separator");
  }

  /// An option that is one character, of ASCII, no digit and no line end.
  static void character(OptionVisitor& option, std::string_view name, char& value,
                        const Rule& rule) {
    std::string text = value == '\t' ? "tab" : value == '\0' ? "none" : std::string(1, value);
    option(name, text, rule);
    if (text == "tab" || text == "\\t") text = "\t";
    if (name == "quote" && (text == "none" || text.empty())) text = std::string(1, '\0');
    const bool good = text.size() == 1 && static_cast<unsigned char>(text[0]) < 0x80 &&
                      text[0] != '\n' && text[0] != '\r' && (text[0] < '0' || text[0] > '9');
    if (good) value = text[0];
    if (!good && option.reading())
      option.fail(name,
                  "must be one character (of ASCII, no digit or line end), not `" + text + "`");
  }

  CsvForm form_;
};

}  // namespace

std::optional<CsvCell> take_quoted_csv_cell(std::string_view& row, Arena& unquoted,
                                            const RowForm& form) {
  bool doubled = false;
  std::size_t close = row.find(form.quote, 1);
  while (close != std::string_view::npos && close + 1 < row.size() &&
         row[close + 1] == form.quote) {
    doubled = true;
    close = row.find(form.quote, close + 2);
  }
  if (close == std::string_view::npos) return std::nullopt;
  CsvCell cell{row.substr(1, close - 1), true, close + 1 == row.size()};
  if (!cell.last && row[close + 1] != form.separator) return std::nullopt;
  if (doubled) cell.text = without_doubled_quotes(cell.text, unquoted, form.quote);
  row.remove_prefix(cell.last ? row.size() : close + 2);
  return cell;
}

std::unique_ptr<Decoder> make_csv_decoder(std::vector<FieldSpec> fields, CsvForm form) {
  return std::make_unique<CsvDecoder>(std::move(fields), form);
}

std::unique_ptr<FormatSpec> make_csv_format() { return std::make_unique<CsvFormat>(); }

}  // namespace weir
