#include <gtest/gtest.h>

#include "connectors/formats/cells.h"
#include "connectors/formats/json.h"
#include "tests/connectors/formats/decoding_test.h"

namespace weir {
namespace {

/// A decoder of one field.
std::string one(const FieldSpec& spec, std::string_view json) {
  const std::vector<FieldSpec> fields = {spec};
  return decoded(*make_json_decoder(fields), fields, record_of(json));
}

std::string as(Type type, std::string_view json) { return one(field("v", type), json); }

struct Case {
  std::string_view json;
  std::string_view outcome;
};

TEST(JsonDecoder, ReadsNumbersAndRefusesEverythingElse) {
  for (const Case& each :
       std::vector<Case>{{R"({"v":1})", "ok 1"},
                         {R"({"v":-0.5})", "ok -0.5"},
                         {R"({"v" : 1e3 })", "ok 1000"},
                         {R"({"v":0.1})", "ok 0.10000000000000001"},
                         {R"({"v":9007199254740993})", "ok 9007199254740992"},
                         {R"({"v":123456789012345678901234567890})", "ok 1.2345678901234568e+29"},
                         {R"({"v":1e-400})", "ok 0"},
                         {R"({"v":null})", "ok -"},
                         {R"({})", "ok -"},
                         {R"({"w":1})", "ok -"},
                         {R"({"v":1e400})", "range: v: 1e400 is not a finite double"},
                         {R"({"v":-1e309})", "range: v: -1e309 is not a finite double"},
                         {R"({"v":"1"})",
                          "type: v: \"1\" is not a number; `lenient: true` takes it"},
                         {R"({"v":""})", "type: v: \"\" is not a number"},
                         {R"({"v":true})", "type: v: true is not a number"},
                         {R"({"v":{"a":1}})", "type: v: { is not a number"},
                         {R"({"v":[1]})", "type: v: [ is not a number"}})
    EXPECT_EQ(as(Type::number, each.json), each.outcome) << each.json;
}

TEST(JsonDecoder, SendsWhatIsNoJsonToTheDeadLetters) {
  for (std::string_view json : {R"({"v":NaNa})",
                                R"({"v":Infinit})",
                                R"({"v":01})",
                                R"({"v":.5})",
                                R"({"v":5.})",
                                R"({"v":+1})",
                                R"({"v":1e})",
                                R"({"v":nul})",
                                R"({"v":1)",
                                R"({"v":1}})",
                                R"({"v":1} x)",
                                R"({"v":1}{"v":2})",
                                R"({"v" 1})",
                                R"({v:1})",
                                R"({"v":1,})",
                                R"({"v":})",
                                R"({"v":"a)",
                                R"({"v":"a)",
                                "{\"v\":\"a\nb\"}",
                                R"({"v":1 2})",
                                R"({,"v":1})",
                                "nope",
                                R"({"v":tru})"})
    EXPECT_EQ(as(Type::number, json).substr(0, 6), "json: ") << json;
}

TEST(JsonDecoder, TakesNoControlCharacterForABlank) {
  using namespace std::string_view_literals;
  for (const std::string_view json :
       {"{\"v\":5\0}"sv, "{\"v\":null\x1f}"sv, "{\"v\":5\f}"sv, "{\"v\":\x01}"sv, "\x01"sv, "\0"sv,
        " \f "sv, "\x1fnull"sv})
    EXPECT_EQ(as(Type::number, json).substr(0, 6), "json: ") << testing::PrintToString(json);
  EXPECT_EQ(as(Type::number, "\r\n{\"v\"\t: 5\r\n\t }\n"), "ok 5");
}

// More names than a decoder remembers the order of, some of them read.
TEST(JsonDecoder, ReadsWideObjectsInAnyOrder) {
  constexpr int kNames = 1'500;
  std::vector<FieldSpec> fields;
  std::string forth, back, expected = "ok";
  for (int i = 0; i < kNames; ++i) {
    const std::string name = "x" + std::to_string(i), value = std::to_string(i);
    const std::string both = ",\"" + name + "\":" + value + ",\"y" + value + "\":0";
    forth += both;
    back = both + back;
    if (i % 3 == 0) fields.push_back(field(name, Type::number));
    if (i % 3 == 0) expected += " " + value;
  }
  const auto decoder = make_json_decoder(fields);
  for (const std::string& members : {forth, forth, back, forth + back, back})
    EXPECT_EQ(decoded(*decoder, fields, record_of("{" + members.substr(1) + "}")), expected);
}

TEST(JsonDecoder, RefusesRecordsThatAreNoObjects) {
  for (std::string_view json : {"null", "1", "\"text\"", "true"})
    EXPECT_EQ(as(Type::number, json), "type: : not a JSON object") << json;
}

TEST(JsonDecoder, ReadsBooleansAsTrueFalseZeroOne) {
  for (const Case& each :
       std::vector<Case>{{R"({"v":true})", "ok 1"},
                         {R"({"v":false})", "ok 0"},
                         {R"({"v":1})", "ok 1"},
                         {R"({"v":0})", "ok 0"},
                         {R"({"v":null})", "ok -"},
                         {R"({"v":2})", "type: v: 2 is not true, false, 0 or 1"},
                         {R"({"v":"true"})",
                          "type: v: \"true\" is not true, false, 0 or 1; `lenient: true` takes it"},
                         {R"({"v":1e999})", "range: v: 1e999 is not a finite double"}})
    EXPECT_EQ(as(Type::boolean, each.json), each.outcome) << each.json;
}

TEST(JsonDecoder, KeepsTheCharactersOfANumberForAText) {
  for (const Case& each : std::vector<Case>{
           {R"({"v":"a b"})", "ok 'a b'"},
           {R"({"v":""})", "ok ''"},
           {R"({"v":null})", "ok -"},
           {R"({"v":  9223372036854775807  })", "ok '9223372036854775807'"},
           {R"({"v":9223372036854775808 ,"w":1})", "ok '9223372036854775808'"},
           {R"({"v":1.50e2})", "ok '1.50e2'"},
           {R"({"v":1e999})", "ok '1e999'"},
           {R"({"v":"a\"b\\c\/\u0041\n\ud83d\ude00"})", "ok 'a\"b\\c/A\n\xf0\x9f\x98\x80'"},
           {R"({"v":"\ud83d"})", "json: "},
           {R"({"v":"\x"})", "json: "},
           {R"({"v":true})", "type: v: true is not a text"},
           {R"({"v":{}})", "type: v: { is not a text"}})
    EXPECT_EQ(as(Type::text, each.json).substr(0, each.outcome.size()), each.outcome) << each.json;
}

TEST(JsonDecoder, ReadsTimesAsRfc3339OrMilliseconds) {
  const std::string wrong = " is not a time (RFC 3339 or a number of ms, years 1900 to 2200)";
  for (const Case& each :
       std::vector<Case>{{R"({"v":1714979289123})", "ok 1714979289123"},
                         {R"({"v":1.714979289123e12})", "ok 1714979289123"},
                         {R"({"v":1714979289123.5})", "ok 1714979289123"},
                         {R"({"v":-2208988800000})", "ok -2208988800000"},
                         {R"({"v":"2024-05-06T07:08:09.123Z"})", "ok 1714979289123"},
                         {R"({"v":null})", "ok -"}})
    EXPECT_EQ(as(Type::time, each.json), each.outcome) << each.json;
  for (std::string_view value :
       {"-2208988800001", "7289654400000", "1e300", "1e400", "\"now\"",
        "\"1899-12-31T23:59:59Z\"", "\"2201-01-01T00:00:00Z\"",
        "\"2024-02-30T00:00:00Z\"", "\"\""})
    EXPECT_EQ(as(Type::time, "{\"v\":" + std::string(value) + "}"),
              "time: v: " + std::string(value) + wrong);
  EXPECT_EQ(as(Type::time, R"({"v":"1714979289123"})"),
            "time: v: \"1714979289123\"" + wrong + "; `lenient: true` takes it");
  EXPECT_EQ(as(Type::time, R"({"v":"15/07/2024 12:34"})"),
            "time: v: \"15/07/2024 12:34\"" + wrong + "; `pattern` reads other forms");
  EXPECT_EQ(as(Type::time, R"({"v":true})"), "type: v: true is not a time");
}

TEST(JsonDecoder, TakesATextThatStandsForAMissingValueAsMissing) {
  for (const Type type : {Type::text, Type::number, Type::boolean, Type::time}) {
    FieldSpec spec = field("v", type);
    spec.missing = {"NA", "-"};
    for (const bool lenient : {false, true}) {
      spec.lenient = lenient;
      EXPECT_EQ(one(spec, R"({"v":"NA"})"), "ok -");
      EXPECT_EQ(one(spec, R"({"v":"-"})"), "ok -");
      EXPECT_EQ(one(spec, R"({"v":"\u004eA"})"), "ok -");
    }
    spec.required = true;
    EXPECT_EQ(one(spec, R"({"v":"NA"})"), "missing: v: has no value");
  }
  FieldSpec text = field("v", Type::text);
  text.missing = {"NA"};
  EXPECT_EQ(one(text, R"({"v":"na"})"), "ok 'na'");
  EXPECT_EQ(one(text, R"({"v":"NAN"})"), "ok 'NAN'");
}

TEST(JsonDecoder, GoesIntoObjectsByPath) {
  FieldSpec card = field("card", Type::text);
  card.path = "payload.card.id";
  FieldSpec amount = field("amount", Type::number);
  amount.path = "payload.amount";
  const std::vector<FieldSpec> fields = {card, amount};
  const auto decoder = make_json_decoder(fields);
  const auto read = [&](std::string_view json) {
    return decoded(*decoder, fields, record_of(json));
  };
  EXPECT_EQ(read(R"({"payload":{"card":{"id":"c1"},"amount":3}})"), "ok 'c1' 3");
  EXPECT_EQ(read(R"({"x":{"card":1},"payload":{"amount":3,"card":{"no":[{}],"id":7}}})"),
            "ok '7' 3");
  EXPECT_EQ(read(R"({"payload":{"amount":3}})"), "ok - 3");
  EXPECT_EQ(read(R"({"payload":null})"), "ok - -");
  EXPECT_EQ(read(R"({"card":1})"), "ok - -");
  EXPECT_EQ(read(R"({"payload":{"card":5,"amount":3}})"), "type: card: 5 is not a text");
  EXPECT_EQ(read(R"({"payload":[1]})"), "type: card: [ is not a text");
  EXPECT_EQ(read(R"({"payload":"x"})"), "type: card: \"x\" is not a text");
}

TEST(JsonDecoder, CountsTheLastOfANameGivenTwice) {
  EXPECT_EQ(as(Type::number, R"({"v":1,"v":2})"), "ok 2");
  EXPECT_EQ(as(Type::number, R"({"v":1,"v":null})"), "ok -");
  EXPECT_EQ(as(Type::number, R"({"v":"wrong","v":2})"), "ok 2");
  EXPECT_EQ(as(Type::number, R"({"v":2,"v":"wrong"})"), "type: v: \"wrong\" is not a number");
  FieldSpec a = field("a", Type::number), b = field("b", Type::number);
  a.path = "p.a";
  b.path = "p.b";
  const std::vector<FieldSpec> fields = {a, b};
  const auto decoder = make_json_decoder(fields);
  EXPECT_EQ(decoded(*decoder, fields, record_of(R"({"p":{"a":1},"p":{"b":2}})")), "ok - 2");
  EXPECT_EQ(decoded(*decoder, fields, record_of(R"({"p":{"a":"x"},"p":{"b":2}})")), "ok - 2");
  EXPECT_EQ(decoded(*decoder, fields, record_of(R"({"p":5,"p":{"b":2}})")), "ok - 2");
  EXPECT_EQ(decoded(*decoder, fields, record_of(R"({"p":{"a":1},"p":null})")), "ok - -");
}

TEST(JsonDecoder, UnderstandsNamesWithEscapes) {
  EXPECT_EQ(as(Type::number, R"({"\u0076":1})"), "ok 1");
  EXPECT_EQ(as(Type::number, R"({"a\"v":2,"v":1})"), "ok 1");
  EXPECT_EQ(as(Type::number, R"({"v\"":2,"v":1})"), "ok 1");
}

TEST(JsonDecoder, ReadsTheSameInWhateverOrderTheNamesStand) {
  const std::vector<FieldSpec> fields = {field("a", Type::number), field("b", Type::number),
                                         field("ab", Type::number)};
  const auto decoder = make_json_decoder(fields);
  for (int round = 0; round < 3; ++round) {
    for (std::string_view json :
         {R"({"a":1,"b":2,"ab":3})", R"({"ab":3,"b":2,"a":1})", R"({"x":[],"ab":3,"a":1,"b":2})",
          R"({"b":2,"y":{"a":9},"a":1,"abc":7,"ab":3})"})
      EXPECT_EQ(decoded(*decoder, fields, record_of(json)), "ok 1 2 3") << json;
    EXPECT_EQ(decoded(*decoder, fields, record_of(R"({"b":2})")), "ok - 2 -");
  }
}

TEST(JsonDecoder, RefusesAMissingFieldThatIsRequired) {
  FieldSpec spec = field("v", Type::text);
  spec.required = true;
  EXPECT_EQ(one(spec, R"({"v":null})"), "missing: v: has no value");
  EXPECT_EQ(one(spec, R"({})"), "missing: v: has no value");
  EXPECT_EQ(one(spec, R"({"v":""})"), "ok ''");
}

TEST(JsonDecoder, CallsTheWrongTypeOfALabelByItsOwnReason) {
  FieldSpec spec = field("v", Type::boolean);
  spec.label = true;
  EXPECT_EQ(one(spec, R"({"v":"yes"})"),
            "label_type: v: \"yes\" is not true, false, 0 or 1; `lenient: true` takes it");
}

TEST(JsonDecoder, LeavesAloneWhatNobodyReads) {
  FieldSpec unread = field("u", Type::number);
  unread.read = false;
  unread.required = true;
  const std::vector<FieldSpec> fields = {unread, field("v", Type::number)};
  EXPECT_EQ(decoded(*make_json_decoder(fields), fields, record_of(R"({"u":"x","v":1,"w":nope})")),
            "ok 1");
}

TEST(JsonDecoder, RefusesNestingBeyond32) {
  const auto nested = [](std::size_t depth) {  // the record's own braces count
    return "{\"w\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + ",\"v\":1}";
  };
  EXPECT_EQ(as(Type::number, nested(32)), "ok 1");
  EXPECT_EQ(as(Type::number, nested(33)), "depth: : nested deeper than 32");
  EXPECT_EQ(as(Type::number, nested(100'000)), "depth: : nested deeper than 32");
  const std::string wide = "{\"w\":[" + std::string(300, ' ') + "[],[],{},[[]]" + "],\"v\":1}";
  EXPECT_EQ(as(Type::number, wide), "ok 1");
  std::string many = "{\"w\":[[]";
  for (int i = 0; i < 100; ++i) many += ",[{}]";
  EXPECT_EQ(as(Type::number, many + "],\"v\":1}"), "ok 1");
  EXPECT_EQ(as(Type::number, "{\"w\":\"" + std::string(99, '[') + "\\\"[\",\"v\":1}"), "ok 1");
}

TEST(JsonDecoder, RefusesInvalidUtf8Anywhere) {
  EXPECT_EQ(as(Type::number, "{\"v\":1,\"w\":\"\xff\"}"), "utf8: : not UTF-8");
  EXPECT_EQ(as(Type::text, "{\"v\":\"\xc3\xa9\"}"), "ok '\xc3\xa9'");
  EXPECT_EQ(as(Type::text, "{\"v\":\"\xed\xa0\x80\"}"), "utf8: : not UTF-8");
}

TEST(JsonDecoder, TellsEmptyNullAndTooLargeApart) {
  EXPECT_EQ(as(Type::number, ""), "empty: : no bytes");
  EXPECT_EQ(as(Type::number, " \n "), "empty: : only blanks");
  const std::vector<FieldSpec> fields = {field("v", Type::number)};
  Record tombstone;
  tombstone.has_value = false;
  EXPECT_EQ(decoded(*make_json_decoder(fields), fields, tombstone),
            "null: : no value (a tombstone)");
  std::string json = "{\"v\":1,\"w\":\"";
  json += std::string(kMaxRecordBytes - json.size() - 2, 'x') + "\"}";
  EXPECT_EQ(as(Type::number, json), "ok 1");
  EXPECT_EQ(as(Type::number, json + " "), "too_large: : more than 8 MiB");
}

TEST(JsonDecoder, ReadsFieldsOfTheKeyAndTheHeaders) {
  FieldSpec key = field("card", Type::text), header = field("n", Type::number);
  key.from = FieldSpec::From::key;
  header.from = FieldSpec::From::header;
  header.path = "count";
  const std::vector<FieldSpec> fields = {key, header, field("v", Type::number)};
  const auto decoder = make_json_decoder(fields);
  const std::vector<Header> headers = {{"count", "1"}, {"other", "x"}, {"count", " 2 "}};
  Record record = record_of(R"({"v":3,"card":"not me","n":9})");
  EXPECT_EQ(decoded(*decoder, fields, record), "ok - - 3");
  record.has_key = true;
  record.key = "c7";
  record.headers = headers;
  EXPECT_EQ(decoded(*decoder, fields, record), "ok 'c7' 2 3");
  record.key = "\xff";
  EXPECT_EQ(decoded(*decoder, fields, record), "utf8: card: the value is not UTF-8");
  record.key = "";
  EXPECT_EQ(decoded(*decoder, fields, record), "ok '' 2 3");
}

TEST(JsonDecoder, IsUnharmedByBadRecordsBetweenGoodOnes) {
  const std::vector<FieldSpec> fields = {field("a", Type::number), field("t", Type::text)};
  const auto decoder = make_json_decoder(fields);
  const std::string_view good = R"({"a":1.5,"t":"x\ty"})";
  for (std::string_view bad : {R"({"a":"no","t":5})", R"({"a":1,"t":)", "", "{}}", "\xff",
                               R"({"a":1e999,"t":true})", R"({"q":1,"r":2,"a":[)"}) {
    EXPECT_NE(decoded(*decoder, fields, record_of(bad)).substr(0, 2), "ok") << bad;
    EXPECT_EQ(decoded(*decoder, fields, record_of(good)), "ok 1.5 'x\ty'") << bad;
  }
}

TEST(JsonDecoder, SurvivesEveryPrefixAndEveryFlippedByteOfARecord) {
  const std::vector<FieldSpec> fields = {field("a", Type::number), field("t", Type::text),
                                         field("when", Type::time)};
  const auto decoder = make_json_decoder(fields);
  const std::string json =
      R"({"a":-1.5e3,"n":{"x":[1,{"y":null}]},"t":"\u00e9\"q","when":"2024-05-06T07:08:09Z"})";
  EXPECT_EQ(decoded(*decoder, fields, record_of(json)).substr(0, 3), "ok ");
  for (std::size_t size = 0; size < json.size(); ++size) {
    const std::string cut = json.substr(0, size);
    EXPECT_NE(decoded(*decoder, fields, record_of(cut)).substr(0, 2), "ok") << cut;
  }
  for (std::size_t at = 0; at < json.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string flipped = json;
      flipped[at] = static_cast<char>(byte);
      decoded(*decoder, fields, record_of(flipped));
    }
  }
}

}  // namespace
}  // namespace weir
