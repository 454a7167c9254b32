// Any bytes as a header line and a row of CSV in any dialect: rows hold only what the language
// allows, bad records say why, and a decoder that has seen other rows decides as a fresh one does.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/formats/csv.h"
#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"
#include "pipeline/core/check.h"

namespace weir {
namespace {

std::vector<FieldSpec> fields(bool lenient) {
  std::vector<FieldSpec> all(4);
  all[0].field = {"text", Type::text};
  all[1].field = {"number", Type::number};
  all[2].field = {"flag", Type::boolean};
  all[3].field = {"at", Type::time};
  for (FieldSpec& one : all) one.lenient = lenient && one.field.type != Type::text;
  all[1].missing = {"NA"};
  return all;
}

CsvForm form(std::uint8_t bits) {
  constexpr std::string_view kSeparators = ",;\t|";
  CsvForm form;
  form.rows.separator = kSeparators[bits & 3];
  form.rows.quote = (bits & 4) != 0 ? '\'' : (bits & 8) != 0 ? '\0' : '"';
  form.decimal = (bits & 16) != 0 && form.rows.separator != ',' ? ',' : '.';
  return form;
}

struct Row {
  bool good = false;
  BadRecord bad;
  std::string_view text;
  double numbers[3] = {kMissing, kMissing, kMissing};
};

Row decode(Decoder& decoder, std::string_view bytes, Arena& arena) {
  Row row;
  std::vector<MutableColumn> columns(4);
  columns[0] = &row.text;
  for (std::size_t i = 0; i < 3; ++i) columns[i + 1] = &row.numbers[i];
  Record record;
  record.value = bytes;
  row.good = decoder.decode(record, arena, columns, 0, row.bad);
  return row;
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  if (size == 0) return 0;
  const std::uint8_t bits = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view row = bytes.substr(std::min(end + 1, bytes.size()));
  const auto headed = make_csv_decoder(fields((bits & 32) != 0), form(bits));
  static_cast<void>(headed->head(bytes.substr(0, end)));

  const auto used = make_csv_decoder(fields((bits & 32) != 0), form(bits));
  const auto fresh = make_csv_decoder(fields((bits & 32) != 0), form(bits));
  Arena before, first_arena, second_arena;
  decode(*used, bytes.substr(0, end), before);
  const Row first = decode(*used, row, first_arena);
  const Row second = decode(*fresh, row, second_arena);
  check(first.good == second.good, "what a decoder saw before does not matter");
  if (!first.good) {
    check(!first.bad.text.empty(), "a bad record says why");
    check(first.bad.reason == second.bad.reason, "the reason does not depend on the past");
    return 0;
  }
  check(first.text == second.text, "texts do not depend on the past");
  for (std::size_t i = 0; i < 3; ++i) {
    check(same(first.numbers[i], second.numbers[i]), "numbers do not depend on the past");
    check(!std::isinf(first.numbers[i]), "no number is infinite");
  }
  check(std::isnan(first.numbers[1]) || first.numbers[1] == 0 || first.numbers[1] == 1,
        "a boolean is 0 or 1");
  check(std::isnan(first.numbers[2]) || first.numbers[2] == std::floor(first.numbers[2]),
        "a time is whole milliseconds");
  return 0;
}
