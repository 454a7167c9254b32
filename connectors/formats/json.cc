#include "connectors/formats/json.h"

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "pipeline/core/check.h"
#include "pipeline/core/number_text.h"

namespace weir {
namespace {

/// The bytes that one byte of a text becomes, at most (\u00xx).
constexpr std::size_t kEscapedBytes = 6;

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0; c < plain.size(); ++c) plain[c] = c >= 0x20 && c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain();

char* write_escaped(char* to, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  *to++ = '\\';
  if (const std::size_t at = kNamed.find(static_cast<char>(c)); at != std::string_view::npos) {
    *to++ = kLetters[at];
    return to;
  }
  for (char part : {'u', '0', '0', kHex[c >> 4], kHex[c & 15]}) *to++ = part;
  return to;
}

char* write_text(char* to, std::string_view text) {
  *to++ = '"';
  for (char c : text) {
    if (kPlain[static_cast<unsigned char>(c)]) [[likely]]
      *to++ = c;
    else
      to = write_escaped(to, static_cast<unsigned char>(c));
  }
  *to++ = '"';
  return to;
}

char* write_bytes(char* to, std::string_view bytes) {
  std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

class JsonEncoder final : public Encoder {
 public:
  JsonEncoder(const Schema& schema, std::vector<std::size_t> fields) {
    for (std::size_t field : fields) {
      std::string before(columns_.empty() ? "{" : ",");
      std::array<char, 2> quotes{};
      before.resize(before.size() + schema.fields[field].name.size() * kEscapedBytes +
                    quotes.size());
      char* const at = before.data() + 1;
      before.resize(
          static_cast<std::size_t>(write_text(at, schema.fields[field].name) - before.data()));
      before += ':';
      most_ += before.size() + kNumberBytes;
      columns_.push_back({field, schema.fields[field].type, std::move(before)});
    }
  }

  void encode(const Batch& batch, std::size_t row, std::string& out) const override {
    std::size_t most = most_;
    for (const Written& column : columns_)
      if (column.type == Type::text) most += batch.text(column.field, row).size() * kEscapedBytes;
    const std::size_t first = out.size();
    out.resize(first + most);
    char* to = out.data() + first;
    if (columns_.empty()) *to++ = '{';
    for (const Written& column : columns_) {
      to = write_bytes(to, column.before);
      to = write_value(to, batch, column, row);
    }
    *to++ = '}';
    out.resize(static_cast<std::size_t>(to - out.data()));
  }

 private:
  struct Written {
    std::size_t field;
    Type type;
    std::string before;  // `{"name":` or `,"name":`
  };

  static char* write_value(char* to, const Batch& batch, const Written& column, std::size_t row) {
    if (column.type == Type::text) {
      const std::string_view text = batch.text(column.field, row);
      return is_missing(text) ? write_bytes(to, "null") : write_text(to, text);
    }
    const double number = batch.number(column.field, row);
    if (is_missing(number)) return write_bytes(to, "null");
    if (column.type == Type::boolean) return write_bytes(to, number != 0 ? "true" : "false");
    return write_number(to, number);
  }

  std::vector<Written> columns_;
  std::size_t most_ = 2;
};

class JsonFormat final : public FormatSpec {
 public:
  void describe(OptionVisitor& option) override {
    enum class Nulls : std::uint8_t { dead_letter, skip };
    enum class Unwrap : std::uint8_t { none, debezium };
    Nulls nulls = form_.skip_nulls ? Nulls::skip : Nulls::dead_letter;
    Unwrap unwrap = form_.debezium ? Unwrap::debezium : Unwrap::none;
    option("nulls", nulls,
           {.doc = "what becomes of a record without a value (a tombstone): a dead letter, or it "
                   "is skipped and counted",
            .choices = "dead_letter|skip"});
    option("unwrap", unwrap,
           {.doc = "debezium: the fields stand in the row after the change; deletes and tombstones "
                   "are skipped and counted",
            .choices = "none|debezium"});
    option("framed", form_.framed,
           {.doc = "the five bytes of a schema registry stand in front of the JSON"});
    form_.skip_nulls = nulls == Nulls::skip;
    form_.debezium = unwrap == Unwrap::debezium;
  }
  void describe_writing(OptionVisitor&) override {}
  std::string wrong_place(const FieldSpec& field) const override {
    if (field.steps.empty() || !field.steps[0].index) return {};
    return "a record is an object: its `path` begins with a name, not with an index";
  }
  std::unique_ptr<Decoder> decoder(std::vector<FieldSpec> fields) const override {
    return make_json_decoder(std::move(fields), form_);
  }
  std::unique_ptr<Encoder> encoder(const Schema& schema,
                                   std::vector<std::size_t> fields) const override {
    return make_json_encoder(schema, std::move(fields));
  }

 private:
  JsonForm form_;
};

}  // namespace

std::unique_ptr<Encoder> make_json_encoder(const Schema& schema, std::vector<std::size_t> fields) {
  return std::make_unique<JsonEncoder>(schema, std::move(fields));
}

std::unique_ptr<FormatSpec> make_json_format() { return std::make_unique<JsonFormat>(); }

}  // namespace weir
