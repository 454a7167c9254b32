#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "connectors/formats/csv.h"
#include "pipeline/core/number_text.h"

namespace weir {
namespace {

class CsvEncoder final : public Encoder {
 public:
  CsvEncoder(const Schema& schema, std::vector<std::size_t> fields, CsvForm form)
      : fields_(std::move(fields)),
        form_(form),
        special_{form.rows.separator, form.rows.quote, '\r', '\n'} {
    for (std::size_t field : fields_) {
      if (!types_.empty()) head_ += form_.rows.separator;
      append_text(head_, schema.fields[field].name);
      types_.push_back(schema.fields[field].type);
    }
    head_ += '\n';
  }

  void encode(const Batch& batch, std::size_t row, std::string& out) const override {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (i > 0) out += form_.rows.separator;
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
        append_decimal(out, number);
    }
  }

  void head(std::string& out) const override {
    if (form_.rows.head) out += head_;
  }

 private:
  void append_decimal(std::string& out, double number) const {
    const std::size_t first = out.size();
    append_number(out, number);
    if (form_.decimal == '.') return;
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), '.', form_.decimal);
  }

  void append_text(std::string& out, std::string_view text) const {
    if (!text.empty() && text.find_first_of(special_) == std::string_view::npos) {
      out += text;
      return;
    }
    const char quote = form_.rows.quote;
    out += quote;
    for (char c : text) {
      if (c == quote) out += quote;
      out += c;
    }
    out += quote;
  }

  std::vector<std::size_t> fields_;
  std::vector<Type> types_;
  CsvForm form_;
  std::string special_;  // what makes quotes necessary
  std::string head_;
};

}  // namespace

std::unique_ptr<Encoder> make_csv_encoder(const Schema& schema, std::vector<std::size_t> fields,
                                          CsvForm form) {
  return std::make_unique<CsvEncoder>(schema, std::move(fields), form);
}

}  // namespace weir
