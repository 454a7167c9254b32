// Any bytes as a JSON record: rows hold only what the language allows, bad records say why, and a
// decoder that has seen other records decides as a fresh one does (the order law).

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/formats/json.h"
#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"
#include "pipeline/core/check.h"

namespace weir {
namespace {

FieldSpec field(const char* name, Type type, const char* path) {
  FieldSpec spec;
  spec.field = {name, type};
  spec.path = path;
  return spec;
}

std::vector<FieldSpec> fields() {
  std::vector<FieldSpec> all = {field("id", Type::text, "id"),        field("n", Type::number, "n"),
                                field("ok", Type::boolean, "ok"),     field("at", Type::time, "at"),
                                field("deep", Type::number, "a.b.c"), field("a", Type::text, "a.t"),
                                field("loose", Type::number, "loose")};
  all[0].required = true;
  all[6].lenient = true;
  return all;
}

struct Decoded {
  bool good = false;
  BadRecord bad;
  std::vector<double> numbers;  // NaN where the field is a text
  std::vector<std::string> texts;
};

Decoded decode(Decoder& decoder, std::string_view json, Arena& arena) {
  const std::vector<FieldSpec> specs = fields();
  Decoded out;
  out.numbers.assign(specs.size(), kMissing);
  std::vector<std::string_view> texts(specs.size());
  std::vector<MutableColumn> columns(specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].field.type == Type::text)
      columns[i] = &texts[i];
    else
      columns[i] = &out.numbers[i];
  }
  Record record;
  record.value = json;
  out.good = decoder.decode(record, arena, columns, 0, out.bad);
  for (const std::string_view text : texts)
    out.texts.push_back(is_missing(text) ? "(missing)" : "=" + std::string(text));
  return out;
}

bool same_number(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

void check_row(const Decoded& row) {
  for (double number : row.numbers) check(!std::isinf(number), "no number is infinite");
  check(std::isnan(row.numbers[2]) || row.numbers[2] == 0 || row.numbers[2] == 1,
        "a boolean is 0 or 1");
  check(std::isnan(row.numbers[3]) || row.numbers[3] == std::floor(row.numbers[3]),
        "a time is whole milliseconds");
  check(row.texts[0] != "(missing)", "a required field is there");
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  static const auto experienced = make_json_decoder(fields());
  const auto fresh = make_json_decoder(fields());
  const std::string json(reinterpret_cast<const char*>(data), size);
  Arena first_arena;
  Arena second_arena;
  const Decoded first = decode(*experienced, json, first_arena);
  const Decoded second = decode(*fresh, json, second_arena);
  check(first.good == second.good, "what a decoder saw before does not matter");
  if (!first.good) {
    check(!first.bad.text.empty() || !first.bad.field.empty(), "a bad record says why");
    check(first.bad.reason == second.bad.reason, "the reason does not depend on the past");
    return 0;
  }
  check_row(first);
  check(first.texts == second.texts, "texts do not depend on the past");
  for (std::size_t i = 0; i < first.numbers.size(); ++i)
    check(same_number(first.numbers[i], second.numbers[i]), "numbers do not depend on the past");
  return 0;
}
