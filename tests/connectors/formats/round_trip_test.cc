#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "connectors/formats/csv.h"
#include "connectors/formats/json.h"
#include "tests/connectors/formats/decoding_test.h"

namespace weir {
namespace {

constexpr std::size_t kRows = 5'000;

std::vector<FieldSpec> fields_of_every_type() {
  return {field("n", Type::number), field("b", Type::boolean), field("s", Type::text),
          field("t", Type::time),   field("m", Type::number),  field("s\"2", Type::text)};
}

std::string any_text(std::mt19937_64& random) {
  static const std::vector<std::string> kPieces = {"a",
                                                   "Z",
                                                   "0",
                                                   " ",
                                                   ",",
                                                   "\"",
                                                   "\\",
                                                   "\n",
                                                   "\r",
                                                   "\t",
                                                   "/",
                                                   "\b",
                                                   "\f",
                                                   "\x01",
                                                   "\x1f",
                                                   "\x7f",
                                                   "null",
                                                   "\xc3\xa9",
                                                   "\xe2\x82\xac",
                                                   "'",
                                                   "{}",
                                                   "[",
                                                   "\xf0\x9f\x98\x80",
                                                   "a longer piece of text"};
  std::string text;
  for (std::size_t i = random() % 12; i > 0; --i) text += kPieces[random() % kPieces.size()];
  return text;
}

double any_number(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return static_cast<double>(random() % 2'000'001) - 1e6;
    case 1:
      return (static_cast<double>(random() % 2'000'001) - 1e6) / 1e3;
    case 2:
      return static_cast<double>(random() >> 11) * 0x1p-53;
    default: {
      const std::uint64_t bits = random();
      double value;
      std::memcpy(&value, &bits, sizeof value);
      return std::isfinite(value) ? value : 0;
    }
  }
}

/// Rows of every type of value, missing ones among them.
struct Rows {
  explicit Rows(std::uint64_t seed) : fields(fields_of_every_type()), table(fields, kRows) {
    std::mt19937_64 random(seed);
    texts.reserve(kRows * fields.size());
    for (std::size_t row = 0; row < kRows; ++row) {
      for (std::size_t i = 0; i < fields.size(); ++i) {
        const bool missing = random() % 8 == 0;
        switch (fields[i].field.type) {
          case Type::number:
            table.number(i, row) = missing ? kMissing : any_number(random);
            break;
          case Type::boolean:
            table.number(i, row) = missing ? kMissing : static_cast<double>(random() % 2);
            break;
          case Type::time:
            table.number(i, row) =
                missing ? kMissing : static_cast<double>(random() % 4'000'000'000'000);
            break;
          case Type::text:
            texts.push_back(any_text(random));
            table.text(i, row) = missing ? std::string_view() : std::string_view(texts.back());
        }
      }
    }
  }
  std::vector<FieldSpec> fields;
  Table table;
  std::vector<std::string> texts;
};

void expect_same(Table& got, Table& wanted, const std::vector<FieldSpec>& fields) {
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].field.type == Type::text) {
        ASSERT_EQ(is_missing(got.text(i, row)), is_missing(wanted.text(i, row))) << row;
        ASSERT_EQ(got.text(i, row), wanted.text(i, row)) << row;
      } else if (is_missing(wanted.number(i, row))) {
        ASSERT_TRUE(is_missing(got.number(i, row))) << row;
      } else {
        ASSERT_EQ(got.number(i, row), wanted.number(i, row)) << row;
      }
    }
  }
}

/// Encodes, decodes, compares, encodes again: the same rows and the same bytes.
void round_trip(const FormatSpec& format, std::uint64_t seed) {
  Rows rows(seed);
  const auto encoder = format.encoder(rows.table.schema(), {0, 1, 2, 3, 4, 5});
  const auto decoder = format.decoder(rows.fields);
  Table back(rows.fields, kRows);
  Arena arena;
  BadRecord bad;
  std::vector<std::string> records(kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    encoder->encode(rows.table.batch(), static_cast<std::uint32_t>(row), records[row]);
    ASSERT_TRUE(decoder->decode(record_of(records[row]), arena, back.columns(), row, bad))
        << records[row] << " " << bad.text;
  }
  expect_same(back, rows.table, rows.fields);
  for (std::size_t row = 0; row < kRows; ++row) {
    std::string again;
    encoder->encode(back.batch(), row, again);
    ASSERT_EQ(again, records[row]);
  }
}

TEST(JsonFormat, ReadsBackExactlyWhatItWrote) { round_trip(*make_json_format(), 11); }

TEST(CsvFormat, ReadsBackExactlyWhatItWrote) { round_trip(*make_csv_format(), 12); }

TEST(JsonEncoder, WritesTheBytesOfTheOrderLaw) {
  const auto fields = fields_of_every_type();
  Table table(fields, 2);
  table.number(0) = -0.0;
  table.number(1) = 1;
  table.text(2) = "\"\\/\b\f\n\r\t\x01\x7f\xc3\xa9";
  table.number(3) = 1714979289123;
  table.number(4) = 0.1;
  table.text(5) = "";
  for (std::size_t i : {0u, 1u, 3u, 4u}) table.number(i, 1) = kMissing;
  table.text(2, 1) = table.text(5, 1) = {};
  const auto encoder = make_json_encoder(table.schema(), {5, 0, 1, 2, 3, 4});
  std::string out = "before ";
  encoder->encode(table.batch(), 0, out);
  EXPECT_EQ(out,
            "before {\"s\\\"2\":\"\",\"n\":0,\"b\":true,"
            "\"s\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\xc3\xa9\",\"t\":1714979289123,\"m\":0.1}");
  out.clear();
  encoder->encode(table.batch(), 1, out);
  EXPECT_EQ(out, R"({"s\"2":null,"n":null,"b":null,"s":null,"t":null,"m":null})");
  out.clear();
  make_json_encoder(table.schema(), {})->encode(table.batch(), 0, out);
  EXPECT_EQ(out, "{}");
}

TEST(Decoders, GiveTheSameRowsInOneStepOrInMany) {
  for (const auto& format : {make_json_format(), make_csv_format()}) {
    Rows rows(13);
    const auto encoder = format->encoder(rows.table.schema(), {0, 1, 2, 3, 4, 5});
    const auto whole = format->decoder(rows.fields);
    const auto pieces = format->decoder(rows.fields);
    Table at_once(rows.fields, kRows);
    Arena arena;
    Arena small;
    BadRecord bad;
    for (std::size_t row = 0; row < kRows; ++row) {
      std::string record;
      encoder->encode(rows.table.batch(), row, record);
      ASSERT_TRUE(whole->decode(record_of(record), arena, at_once.columns(), row, bad));
      Table single(rows.fields, 1);
      small.reset();
      ASSERT_TRUE(pieces->decode(record_of(record), small, single.columns(), 0, bad));
      std::string one, other;
      encoder->encode(single.batch(), 0, one);
      encoder->encode(at_once.batch(), row, other);
      ASSERT_EQ(one, other);
    }
  }
}

}  // namespace
}  // namespace weir
