#include "connectors/formats/csv.h"

#include <gtest/gtest.h>

#include "tests/connectors/formats/decoding_test.h"

namespace weir {
namespace {

/// Decodes one row under a header line.
std::string under(std::string_view head, const std::vector<FieldSpec>& fields,
                  std::string_view row) {
  const auto decoder = make_csv_decoder(fields);
  EXPECT_EQ(decoder->head(head), "");
  return decoded(*decoder, fields, record_of(row));
}

std::string as(Type type, std::string_view cell) {
  return under("v,last", {field("v", type)}, std::string(cell) + ",x");
}

TEST(CsvDecoder, ReadsCellsByTheirText) {
  EXPECT_EQ(as(Type::number, "1.5"), "ok 1.5");
  EXPECT_EQ(as(Type::number, " 1.5 "), "ok 1.5");
  EXPECT_EQ(as(Type::number, "\"1.5\""), "ok 1.5");
  EXPECT_EQ(as(Type::number, "x"), "type: v: x is not a number");
  EXPECT_EQ(as(Type::number, "true"), "type: v: true is not a number");
  EXPECT_EQ(as(Type::number, "nan"), "range: v: nan is not a finite double");
  EXPECT_EQ(as(Type::number, "1e999"), "range: v: 1e999 is not a finite double");
  EXPECT_EQ(as(Type::boolean, "true"), "ok 1");
  EXPECT_EQ(as(Type::boolean, "0"), "ok 0");
  EXPECT_EQ(as(Type::boolean, "True"), "type: v: True is not true, false, 0 or 1");
  EXPECT_EQ(as(Type::boolean, "2"), "type: v: 2 is not true, false, 0 or 1");
  EXPECT_EQ(as(Type::text, " a b "), "ok ' a b '");
  EXPECT_EQ(as(Type::text, "12"), "ok '12'");
  EXPECT_EQ(as(Type::time, "1714979289123"), "ok 1714979289123");
  EXPECT_EQ(as(Type::time, "2001/01/10 01:54"), "ok 979091640000");
  EXPECT_EQ(as(Type::time, "yesterday").substr(0, 8), "time: v:");
  EXPECT_EQ(as(Type::time, "1e999").substr(0, 8), "time: v:");
}

TEST(CsvDecoder, TakesAnEmptyCellAsMissing) {
  for (Type type : {Type::number, Type::boolean, Type::text, Type::time})
    EXPECT_EQ(as(type, ""), "ok -");
  EXPECT_EQ(as(Type::number, "  "), "ok -");
  EXPECT_EQ(as(Type::number, "\"\""), "ok -");
  EXPECT_EQ(as(Type::text, "\"\""), "ok ''");
  FieldSpec required = field("v", Type::number);
  required.required = true;
  EXPECT_EQ(under("v,w", {required}, ",1"), "missing: v: has no value");
}

TEST(CsvDecoder, TakesTheTextsListedAsMissing) {
  for (Type type : {Type::number, Type::text}) {
    FieldSpec spec = field("v", type);
    spec.missing = {"NA", "?"};
    EXPECT_EQ(under("v,w", {spec}, "NA,1"), "ok -");
    EXPECT_EQ(under("v,w", {spec}, "\"?\",1"), "ok -");
    EXPECT_NE(under("v,w", {spec}, "NAN,1"), "ok -");
  }
}

TEST(CsvDecoder, FollowsTheQuotesOfRfc4180) {
  const std::vector<FieldSpec> fields = {field("a", Type::text), field("b", Type::text)};
  const auto read = [&](std::string_view row) { return under("a,b", fields, row); };
  EXPECT_EQ(read("\"x,y\",z"), "ok 'x,y' 'z'");
  EXPECT_EQ(read("\"x\"\"y\"\"\",\"\"\"\""), "ok 'x\"y\"' '\"'");
  EXPECT_EQ(read("\"x\ny\",z"), "ok 'x\ny' 'z'");
  EXPECT_EQ(read("5\" pipe,z"), "ok '5\" pipe' 'z'");
  EXPECT_EQ(read("x,"), "ok 'x' -");
  const std::string wrong = "type: : the quotes of a cell are not closed where it ends";
  EXPECT_EQ(read("\"x,y"), wrong);
  EXPECT_EQ(read("x,\"y"), wrong);
  EXPECT_EQ(read("\"x\"y,z"), wrong);
  EXPECT_EQ(read("\"x\"\",z"), wrong);
}

TEST(CsvDecoder, RefusesRowsWithAnotherNumberOfCells) {
  const std::vector<FieldSpec> fields = {field("a", Type::number)};
  EXPECT_EQ(under("a,b,c", fields, "1,2"), "type: : 2 cells instead of 3");
  EXPECT_EQ(under("a,b,c", fields, "1,2,3,4"), "type: : 4 cells instead of 3");
  EXPECT_EQ(under("a,b,c", fields, ""), "empty: : no bytes");
  EXPECT_EQ(under("a", fields, ""), "ok -");
}

TEST(CsvDecoder, ChecksTheUtf8OfTextsItReads) {
  EXPECT_EQ(under("a,b", {field("a", Type::text)}, "\xff,1"), "utf8: a: the cell is not UTF-8");
  EXPECT_EQ(under("a,b", {field("b", Type::number)}, "\xff,1"), "ok 1");
}

TEST(CsvDecoder, FindsColumnsByTheHeaderLine) {
  const std::vector<FieldSpec> fields = {field("b", Type::number), field("a b", Type::number)};
  EXPECT_EQ(under("\"a b\",x,b", fields, "1,2,3"), "ok 3 1");
  FieldSpec renamed = field("amount", Type::number);
  renamed.path = "Amount (EUR)";
  EXPECT_EQ(under("x,Amount (EUR)", {renamed}, "1,2"), "ok 2");
}

TEST(CsvDecoder, SaysWhichColumnsTheHeaderLineLacks) {
  FieldSpec unread = field("zz", Type::number);
  unread.read = false;
  const auto decoder =
      make_csv_decoder({field("amount", Type::number), field("b", Type::number), unread});
  EXPECT_EQ(decoder->head("amuont,b,b"),
            "no column `amount` (did you mean `amuont`?); there are 2 columns `b`");
  EXPECT_EQ(decoder->head("\"amount"), "the header line has a quote that is not closed");
  EXPECT_EQ(decoder->head("amount,b"), "");
}

TEST(CsvDecoder, TakesTheFieldsInOrderWithoutAHeaderLine) {
  FieldSpec key = field("k", Type::text);
  key.from = FieldSpec::From::key;
  const std::vector<FieldSpec> fields = {field("a", Type::number), key, field("b", Type::text)};
  EXPECT_EQ(decoded(*make_csv_decoder(fields), fields, record_of("1,x")), "ok 1 - 'x'");
}

TEST(CsvEncoder, WritesAHeaderLineAndQuotesWhatNeedsIt) {
  const std::vector<FieldSpec> fields = {field("a", Type::text), field("n", Type::number),
                                         field("b", Type::boolean), field("t", Type::time)};
  Table table(fields, 2);
  table.text(0, 0) = "x,\"y\"\n";
  table.number(1, 0) = -0.0;
  table.number(2, 0) = 1;
  table.number(3, 0) = 1714979289123;
  table.text(0, 1) = {};
  for (std::size_t i = 1; i < 4; ++i) table.number(i, 1) = kMissing;
  const auto encoder = make_csv_encoder(table.schema(), {1, 0, 2, 3});
  std::string out;
  encoder->head(out);
  encoder->encode(table.batch(), 0, out);
  out += '|';
  encoder->encode(table.batch(), 1, out);
  EXPECT_EQ(out, "n,a,b,t\n0,\"x,\"\"y\"\"\n\",true,1714979289123|,,,");
}

}  // namespace
}  // namespace weir
