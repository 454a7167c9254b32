#include <gtest/gtest.h>

#include "connectors/formats/json.h"
#include "tests/connectors/formats/decoding_test.h"

// JSON as common producers write it, beyond what a strict reader takes.

namespace weir {
namespace {

/// A decoder of one field.
std::string one(const FieldSpec& spec, std::string_view json) {
  const std::vector<FieldSpec> fields = {spec};
  return decoded(*make_json_decoder(fields), fields, record_of(json));
}

std::string as(Type type, std::string_view json) { return one(field("v", type), json); }

TEST(JsonForms, ReachesAnyNameAndAnyElementByTheStepsOfAPath) {
  FieldSpec code = field("code", Type::number);
  code.steps = {{"http.status_code", {}}};
  FieldSpec price = field("price", Type::number);
  price.steps = {{"items", {}}, {"", 1}, {"unit.price", {}}};
  FieldSpec deep = field("deep", Type::number);
  deep.steps = {{"m", {}}, {"", 0}, {"", 2}};
  const std::vector<FieldSpec> fields = {code, price, deep};
  const auto decoder = make_json_decoder(fields);
  const auto read = [&](std::string_view json) {
    return decoded(*decoder, fields, record_of(json));
  };
  EXPECT_EQ(read(R"({"http.status_code":200,"items":[{"unit.price":3},{"x":[1],"unit.price":4}],)"
                 R"("m":[[1,2,3],[4]]})"),
            "ok 200 4 3");
  EXPECT_EQ(read(R"({"http":{"status_code":404},"items":[{"unit.price":3}],"m":[[1,2]]})"),
            "ok - - -");
  EXPECT_EQ(read(R"({"items":[],"m":[]})"), "ok - - -");
  EXPECT_EQ(read(R"({"items":null,"m":null})"), "ok - - -");
  EXPECT_EQ(read(R"({"items":[1,{"unit.price":5}],"items":[1]})"), "ok - - -");
  EXPECT_EQ(read(R"({"items":{"1":{"unit.price":5}}})"), "type: price: { is not a number");
  EXPECT_EQ(read(R"({"items":[0,[5]]})"), "type: price: [ is not a number");
  EXPECT_EQ(read(R"({"items":5})"), "type: price: 5 is not a number");
  EXPECT_EQ(read(R"({"items":[1 2]})").substr(0, 5), "json:");
  EXPECT_EQ(read(R"({"items":[1,{"unit.price":5})").substr(0, 5), "json:");
}

TEST(JsonForms, SkipsTombstonesWhereAsked) {
  const std::vector<FieldSpec> fields = {field("v", Type::number)};
  Record record;
  record.has_value = false;
  EXPECT_EQ(decoded(*make_json_decoder(fields), fields, record).substr(0, 5), "null:");
  const auto decoder = make_json_decoder(fields, {.skip_nulls = true});
  EXPECT_EQ(decoded(*decoder, fields, record).substr(0, 10), "tombstone:");
  EXPECT_EQ(decoded(*decoder, fields, record_of(R"({"v":1})")), "ok 1");
  EXPECT_EQ(decoded(*decoder, fields, record_of("")).substr(0, 6), "empty:");
}

TEST(JsonForms, UnwrapsTheRowAfterAChangeOfDebezium) {
  FieldSpec id = field("id", Type::number);
  id.required = true;
  FieldSpec city = field("city", Type::text);
  city.path = "address.city";
  const std::vector<FieldSpec> fields = {id, city};
  const auto decoder = make_json_decoder(fields, {.debezium = true});
  const auto read = [&](std::string_view json) {
    return decoded(*decoder, fields, record_of(json));
  };
  EXPECT_EQ(read(R"({"schema":{"type":"struct"},"payload":{"before":null,)"
                 R"("after":{"id":1,"address":{"city":"Oslo"}},"op":"c"}})"),
            "ok 1 'Oslo'");
  EXPECT_EQ(read(R"({"before":{"id":1},"after":{"id":2},"op":"u","id":7})"), "ok 2 -");
  EXPECT_EQ(read(R"({"op":"r","after":{"id":3}})"), "ok 3 -");
  const std::string deleted = "deleted: : a change that leaves no row";
  EXPECT_EQ(read(R"({"payload":{"before":{"id":1},"after":null,"op":"d"}})"), deleted);
  EXPECT_EQ(read(R"({"before":{"id":1},"after":null,"op":"d"})"), deleted);
  EXPECT_EQ(read(R"({"payload":{"op":"t"}})"), deleted);
  EXPECT_EQ(read(R"({"id":1})"), "format: : no change of Debezium: it has no `after`");
  EXPECT_EQ(read(R"({"after":{"id":4})").substr(0, 5), "json:");
  EXPECT_EQ(read(R"({"payload":null})").substr(0, 7), "format:");  // nothing of the one before
  EXPECT_EQ(read(R"({"after":{"address":{}},"op":"c"})"), "missing: id: has no value");
  EXPECT_EQ(read(R"({"after":"{}","op":"c"})").substr(0, 9), "type: id:");
  Record tombstone;
  tombstone.has_value = false;
  EXPECT_EQ(decoded(*decoder, fields, tombstone).substr(0, 10), "tombstone:");
}

TEST(JsonForms, TakesTheFrameOfASchemaRegistryOff) {
  using namespace std::string_view_literals;
  const std::vector<FieldSpec> fields = {field("v", Type::number)};
  const auto decoder = make_json_decoder(fields, {.framed = true});
  const auto read = [&](std::string_view json) {
    return decoded(*decoder, fields, record_of(json));
  };
  EXPECT_EQ(read("\0\0\0\0\x05{\"v\":1}"sv), "ok 1");
  const std::string none =
      "format: : no frame of a schema registry (a zero byte and a schema's id) in front";
  EXPECT_EQ(read("{\"v\":1}"sv), none);
  EXPECT_EQ(read("\0\0\0\0"sv), none);
  EXPECT_EQ(read("\0\0\0\0\x05"sv).substr(0, 6), "empty:");
  EXPECT_EQ(read("\0\0\0\0\x05\x02\x04"sv).substr(0, 5), "json:");
}

TEST(JsonForms, SaysWhatForeignBytesLookLike) {
  using namespace std::string_view_literals;
  const auto read = [](std::string_view bytes) { return as(Type::number, bytes); };
  EXPECT_EQ(read("\0\0\0\0\x05{\"v\":1}"sv),
            "format: : framed by a schema registry (magic byte 0, schema id 5), with JSON inside: "
            "`format: { json: { framed: true } }` reads it");
  EXPECT_EQ(read("\0\0\0\1\x02\x02\xff\x10"sv),
            "format: : framed by a schema registry (magic byte 0, schema id 258), with Avro or "
            "Protobuf inside, which weir does not read");
  EXPECT_EQ(read("\xff\xfe{\0\"\0v\0"sv).substr(0, 16), "format: : UTF-16");
  EXPECT_EQ(read("{\0\"\0v\0\"\0"sv).substr(0, 16), "format: : UTF-16");
  EXPECT_EQ(read("\x1f\x8b\x08\0\0\0\0\0"sv), "format: : gzip: `gzip -d` unpacks it");
  EXPECT_EQ(read("Obj\x01\x04\x14"sv).substr(0, 22), "format: : an Avro file");
}

TEST(JsonForms, SaysThatRecordsAreAnArrayOrSpreadOverLines) {
  const std::string array = "format: : a JSON array; weir reads one object per record";
  for (std::string_view json : {"[1,2]", R"([{"v":1},{"v":2}])", R"( [{"v":1},)", "[[]]"})
    EXPECT_EQ(as(Type::number, json).substr(0, array.size()), array) << json;
  const std::string lines = "format: : a line of JSON that is spread over several";
  for (std::string_view json : {"[", "{", "  }", "},", "]", R"(  "v": 1,)", R"("a\"b" : {)"})
    EXPECT_EQ(as(Type::number, json).substr(0, lines.size()), lines) << json;
  const std::string element = "format: : an element of a JSON array";
  for (std::string_view json : {R"({"v":1},)", R"({"v":2}])"})
    EXPECT_EQ(as(Type::number, json).substr(0, element.size()), element) << json;
}

TEST(JsonForms, BlamesTheFieldWhereATokenIsNotFinite) {
  FieldSpec spec = field("v", Type::number);
  for (std::string_view token : {"NaN", "Infinity", "-Infinity"}) {
    const std::string json = "{\"v\" : " + std::string(token) + ", \"w\":1}";
    spec.lenient = false;
    EXPECT_EQ(one(spec, json), "range: v: " + std::string(token) +
                                   " is not a finite double; `lenient: true` takes it as missing");
    EXPECT_EQ(one(field("w", Type::number), json), "ok 1");
    EXPECT_EQ(one(field("v", Type::time), json).substr(0, 8), "time: v:");
    EXPECT_EQ(one(field("v", Type::text), json).substr(0, 9), "range: v:");
    spec.lenient = true;
    EXPECT_EQ(one(spec, json), "ok -");
  }
  spec.lenient = false;
  spec.missing = {"NaN", ""};
  EXPECT_EQ(one(spec, R"({"v":NaN})"), "ok -");
  EXPECT_EQ(one(spec, R"({"v":""})"), "ok -");
  EXPECT_EQ(one(spec, R"({"v":-Infinity})").substr(0, 9), "range: v:");
}

TEST(JsonForms, ReadsTimesByTheFieldsPatternAlone) {
  FieldSpec spec = field("v", Type::time);
  spec.pattern = "%d/%m/%Y %H:%M";
  spec.offset_ms = 7'200'000;
  EXPECT_EQ(one(spec, R"({"v":"15\/07\/2024 14:34"})"), "ok 1721046840000");
  EXPECT_EQ(one(spec, R"({"v":"2024-07-15T12:34:00Z"})"),
            "time: v: \"2024-07-15T12:34:00Z\" is not a time as the pattern `%d/%m/%Y %H:%M` says, "
            "of the years 1900 to 2200");
  EXPECT_EQ(one(spec, R"({"v":1721046840000})").substr(0, 8), "time: v:");
  spec.pattern = "%Y%m%d";
  spec.offset_ms = 0;
  EXPECT_EQ(one(spec, R"({"v":20240715})"), "ok 1721001600000");
  EXPECT_EQ(one(spec, R"({"v":18990101})").substr(0, 8), "time: v:");
}

TEST(JsonForms, TakesNumbersAsTimesInTheFieldsUnit) {
  FieldSpec spec = field("v", Type::time);
  spec.unit_ms = 1000;
  EXPECT_EQ(one(spec, R"({"v":1714979289})"), "ok 1714979289000");
  EXPECT_EQ(one(spec, R"({"v":1714979289.123})"), "ok 1714979289123");
  EXPECT_EQ(one(spec, R"({"v":1714979289123})").substr(0, 8), "time: v:");
  EXPECT_EQ(one(spec, R"({"v":"2024-05-06T07:08:09Z"})"), "ok 1714979289000");
  spec.unit_ms = 1e-3;
  EXPECT_EQ(one(spec, R"({"v":1714979289123456})"), "ok 1714979289123");
  EXPECT_EQ(one(spec, R"({"v":-1})"), "ok -1");
  spec.unit_ms = 1e-6;
  EXPECT_EQ(one(spec, R"({"v":1714979289122999999})"), "ok 1714979289122");
  EXPECT_EQ(one(spec, R"({"v":"x"})"),
            "time: v: \"x\" is not a time (RFC 3339 or a number of ns, years 1900 to 2200)");
}

TEST(JsonForms, ReadsWhatStandsInQuotesOnlyWhereLenient) {
  FieldSpec spec = field("v", Type::number);
  spec.lenient = true;
  EXPECT_EQ(one(spec, R"({"v":" 1.5 "})"), "ok 1.5");
  EXPECT_EQ(one(spec, R"({"v":"+1.5"})"), "ok 1.5");
  EXPECT_EQ(one(spec, R"({"v":"nan"})"), "ok -");
  EXPECT_EQ(one(spec, R"({"v":"1e999"})"), "range: v: 1e999 is not a finite double");
  EXPECT_EQ(one(spec, R"({"v":"x"})"), "type: v: x is not a number");
  EXPECT_EQ(one(spec, R"({"v":"+-1"})"), "type: v: +-1 is not a number");
  EXPECT_EQ(one(spec, R"({"v":""})"), "type: v: an empty text is not a number");
  spec.field.type = Type::time;
  EXPECT_EQ(one(spec, R"({"v":"1714979289123"})"), "ok 1714979289123");
  EXPECT_EQ(one(spec, R"({"v":"2024-05-06 07:08:09 UTC"})"), "ok 1714979289000");
  EXPECT_EQ(one(spec, R"({"v":""})").substr(0, 8), "type: v:");
  EXPECT_EQ(one(spec, R"({"v":"NaT"})").substr(0, 8), "time: v:");
  spec.field.type = Type::boolean;
  for (std::string_view text : {"true", "True", "T", "yes", "1", "1.0"})
    EXPECT_EQ(one(spec, "{\"v\":\"" + std::string(text) + "\"}"), "ok 1") << text;
  for (std::string_view text : {"false", "FALSE", "f", "no", "0"})
    EXPECT_EQ(one(spec, "{\"v\":\"" + std::string(text) + "\"}"), "ok 0") << text;
  EXPECT_EQ(one(spec, R"({"v":"2"})"), "type: v: 2 is not true, false, 0 or 1");
}

}  // namespace
}  // namespace weir
