// Any bytes as a JSON record: rows hold only what the language allows, bad records say why, and a
// decoder that has seen other records decides as a fresh one does (the order law).

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
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
                                field("loose", Type::number, "loose"),
                                field("item", Type::number, ""),
                                field("flag", Type::boolean, "flag"),
                                field("day", Type::time, "day"),
                                field("ns", Type::time, "ns")};
  all[0].required = true;
  all[6].lenient = true;
  all[7].steps = {{"a.b", {}}, {"", 1}, {"", 0}};
  all[8].lenient = true;
  all[9].pattern = "%d/%m/%Y %H:%M";
  all[9].offset_ms = 3'600'000;
  all[10].unit_ms = 1e-6;
  all[10].lenient = true;
  return all;
}

/// What may stand around the JSON, by a byte of the input.
JsonForm form(std::uint8_t bits) {
  return {.skip_nulls = (bits & 1) != 0, .debezium = (bits & 2) != 0, .framed = (bits & 4) != 0};
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
  check(std::isnan(row.numbers[8]) || row.numbers[8] == 0 || row.numbers[8] == 1,
        "a lenient boolean is 0 or 1");
  for (std::size_t time : {3, 9, 10})
    check(std::isnan(row.numbers[time]) || row.numbers[time] == std::floor(row.numbers[time]),
          "a time is whole milliseconds");
  check(row.texts[0] != "(missing)", "a required field is there");
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  // A first byte that no text of UTF-8 has chooses the form.
  const bool chosen = size > 0 && data[0] >= 0xf8;
  const std::uint8_t bits = chosen ? data[0] & 7 : 0;
  static std::array<std::unique_ptr<Decoder>, 8> experienced_by_form;
  auto& experienced = experienced_by_form[bits];
  if (!experienced) experienced = make_json_decoder(fields(), form(bits));
  const auto fresh = make_json_decoder(fields(), form(bits));
  const std::string json(reinterpret_cast<const char*>(data) + chosen, size - chosen);
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
