// What every format of the table must do, whatever its bytes look like.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "connectors/registry.h"
#include "tests/connectors/formats/decoding_test.h"
#include "tests/harness/contradictions.h"

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

class EveryFormat : public testing::TestWithParam<FormatType> {
 protected:
  std::unique_ptr<FormatSpec> format_ = GetParam().make();
};

std::vector<FormatType> all_formats() {
  std::vector<FormatType> all;
  for (const FormatType& type : format_types())
    if (type.make) all.push_back(type);
  return all;
}

TEST_P(EveryFormat, ReadsBackExactlyWhatItWroteAndWritesTheSameBytesAgain) {
  Rows rows(11);
  const auto encoder = format_->encoder(rows.table.schema(), {0, 1, 2, 3, 4, 5});
  const auto decoder = format_->decoder(rows.fields);
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

TEST_P(EveryFormat, GivesTheSameRowsInOneStepOrInMany) {
  Rows rows(13);
  const auto encoder = format_->encoder(rows.table.schema(), {0, 1, 2, 3, 4, 5});
  const auto whole = format_->decoder(rows.fields);
  const auto pieces = format_->decoder(rows.fields);
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

TEST_P(EveryFormat, RefusesNoiseAsABadRecordWithAReason) {
  std::mt19937_64 random(14);
  const auto fields = fields_of_every_type();
  const auto decoder = format_->decoder(fields);
  Table table(fields, 1);
  Arena arena;
  std::size_t refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string noise(random() % 40, ' ');
    for (char& c : noise) c = static_cast<char>(random());
    BadRecord bad;
    arena.reset();
    if (decoder->decode(record_of(noise), arena, table.columns(), 0, bad)) continue;
    EXPECT_FALSE(bad.text.empty());
    ++refused;
  }
  EXPECT_GT(refused, 4'900u);
}

TEST_P(EveryFormat, HasOptionsWhoseDefaultsObeyTheirOwnRules) {
  EXPECT_EQ(contradictions([&](OptionVisitor& option) { format_->describe(option); }),
            std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Table, EveryFormat, testing::ValuesIn(all_formats()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(FormatTable, NamesEachFormatOnceAndDocumentsIt) {
  std::set<std::string_view> names;
  for (const FormatType& row : format_types()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.doc.empty()) << row.name;
    EXPECT_EQ(row.make == nullptr, !row.later.empty()) << row.name;
  }
}

}  // namespace
}  // namespace weir
