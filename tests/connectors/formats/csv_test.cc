#include "connectors/formats/csv.h"

#include <gtest/gtest.h>

#include "tests/connectors/formats/decoding_test.h"
#include "tests/harness/read_options.h"

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
  EXPECT_EQ(as(Type::number, "nan"),
            "range: v: nan is not a finite double; `lenient: true` takes it as missing");
  EXPECT_EQ(as(Type::number, "1e999"), "range: v: 1e999 is not a finite double");
  EXPECT_EQ(as(Type::boolean, "true"), "ok 1");
  EXPECT_EQ(as(Type::boolean, "0"), "ok 0");
  EXPECT_EQ(as(Type::boolean, "True"),
            "type: v: True is not true, false, 0 or 1; `lenient: true` takes it");
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
            "no column `amount` (did you mean `amuont`?); there are 2 columns `b`; the first line "
            "is: `amuont,b,b`");
  EXPECT_EQ(decoder->head("\"amount"),
            "the header line has a quote that is not closed; the first line is: `\"amount`");
  EXPECT_EQ(decoder->head("amount,b"), "");
}

TEST(CsvDecoder, SuggestsColumnsWithoutRegardToCaseAndBlanks) {
  const std::vector<FieldSpec> fields = {field("id", Type::text), field("a", Type::number),
                                         field("y", Type::boolean)};
  const auto head = [&](std::string_view line) { return make_csv_decoder(fields)->head(line); };
  EXPECT_EQ(head("ID,A,Y"),
            "no column `id` (did you mean `ID`?); no column `a` (did you mean `A`?); no column `y` "
            "(did you mean `Y`?); the first line is: `ID,A,Y`");
  EXPECT_EQ(head("id, a, y"),
            "no column `a` (did you mean ` a`?); no column `y` (did you mean ` y`?); the first "
            "line is: `id, a, y`");
  EXPECT_EQ(head("# comment"),
            "no column `id`; no column `a`; no column `y`; the first line is: `# comment`");
  EXPECT_EQ(head(""), "no column `id`; no column `a`; no column `y`; the first line is empty");
  EXPECT_EQ(head("\"id\nx\",a,y"), "no column `id`; the first line is: `\"id\\nx\",a,y`");
}

TEST(CsvDecoder, NamesTheSeparatorThatTheHeaderLineSeemsToHave) {
  const std::vector<FieldSpec> fields = {field("id", Type::text), field("a", Type::number)};
  const auto head = [&](std::string_view line, CsvForm form) {
    const std::string said = make_csv_decoder(fields, form)->head(line);
    return said.substr(std::min(said.find("; its"), said.size()));
  };
  CsvForm tabs;
  tabs.rows.separator = '\t';
  EXPECT_EQ(head("id;a;y", {}),
            "; its cells look separated by `;`: `format: { csv: { separator: \";\" } }` reads "
            "them");
  EXPECT_EQ(head("id\ta", {}),
            "; its cells look separated by `\\t`: `format: { csv: { separator: \"\\t\" } }` reads "
            "them");
  EXPECT_EQ(head("\"id\"|\"A\"", tabs),
            "; its cells look separated by `|`: `format: { csv: { separator: \"|\" } }` reads "
            "them");
  EXPECT_EQ(head("id,b;c", {}), "");
}

TEST(CsvDecoder, ReadsTheDialectAskedFor) {
  const std::vector<FieldSpec> fields = {field("a", Type::text), field("n", Type::number),
                                         field("t", Type::time)};
  const auto read = [&](CsvForm form, std::string_view row) {
    return decoded(*make_csv_decoder(fields, form), fields, record_of(row));
  };
  const CsvForm european{{.separator = ';'}, ','};
  EXPECT_EQ(read(european, "\"x;y\";2,5;1,5"), "ok 'x;y' 2.5 1");
  EXPECT_EQ(read(european, "x,y;-1e3;2024-07-15 12:34:00,5"), "ok 'x,y' -1000 1721046840500");
  EXPECT_EQ(read(european, ";+0,25;2024-07-15T12:34:00.5Z"), "ok - 0.25 1721046840500");
  EXPECT_EQ(read(european, "x;1.234,5;0"), "type: n: 1.234,5 is not a number");
  EXPECT_EQ(read(european, "x;2.5;0"), "type: n: 2.5 is not a number");
  EXPECT_EQ(read(european, "x;1,2,3;0"), "type: n: 1,2,3 is not a number");
  EXPECT_EQ(read(european, "x;;"), "ok 'x' - -");
  EXPECT_EQ(read({}, "x,\"2,5\",0"),
            "type: n: 2,5 is not a number; `format: { csv: { decimal: \",\" } }` takes a decimal "
            "comma");
  const CsvForm tabs{{.separator = '\t', .quote = '\0'}, '.'};
  EXPECT_EQ(read(tabs, "\"5\" pipe\t1\t2"), "ok '\"5\" pipe' 1 2");
  const CsvForm single{{.quote = '\''}, '.'};
  EXPECT_EQ(read(single, "'it''s, \"so\"',1,2"), "ok 'it's, \"so\"' 1 2");
}

TEST(CsvDecoder, TakesWhatPandasRAndExcelWrite) {
  FieldSpec churn = field("v", Type::boolean);
  churn.lenient = true;
  for (std::string_view cell : {"True", "TRUE", "T", "yes", "1", " Yes "})
    EXPECT_EQ(under("v,w", {churn}, std::string(cell) + ",x"), "ok 1") << cell;
  for (std::string_view cell : {"False", "FALSE", "F", "no", "0"})
    EXPECT_EQ(under("v,w", {churn}, std::string(cell) + ",x"), "ok 0") << cell;
  EXPECT_EQ(under("v,w", {churn}, "maybe,x"), "type: v: maybe is not true, false, 0 or 1");
  EXPECT_EQ(as(Type::number, "+1.5"), "ok 1.5");
  EXPECT_EQ(as(Type::number, "+-1.5"), "type: v: +-1.5 is not a number");
  EXPECT_EQ(as(Type::number, "++1"), "type: v: ++1 is not a number");
  EXPECT_EQ(as(Type::time, "2024-01-01 05:00:00+00:00"), "ok 1704085200000");
  EXPECT_EQ(as(Type::time, "2024-01-01"), "ok 1704067200000");
  EXPECT_EQ(as(Type::time, "1704067200000.0"), "ok 1704067200000");
  FieldSpec number = field("v", Type::number);
  number.lenient = true;
  for (std::string_view cell : {"nan", "NaN", "inf", "-Infinity"})
    EXPECT_EQ(under("v,w", {number}, std::string(cell) + ",x"), "ok -") << cell;
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

using Texts = std::vector<std::string>;

TEST(CsvEncoder, WritesTheDialectAskedFor) {
  const std::vector<FieldSpec> fields = {field("a b", Type::text), field("n", Type::number)};
  Table table(fields, 1);
  table.text(0) = "x;'y',\"z\"";
  table.number(1) = -2.5;
  CsvForm form{{.separator = ';', .quote = '\''}, ','};
  std::string out;
  make_csv_encoder(table.schema(), {0, 1}, form)->head(out);
  make_csv_encoder(table.schema(), {0, 1}, form)->encode(table.batch(), 0, out);
  EXPECT_EQ(out, "a b;n\n'x;''y'',\"z\"';-2,5");
  Table back(fields, 1);
  EXPECT_EQ(decoded(*make_csv_decoder(fields, form), fields, record_of(out.substr(6))),
            "ok 'x;'y',\"z\"' -2.5");
  form.rows.head = false;
  out.clear();
  make_csv_encoder(table.schema(), {0, 1}, form)->head(out);
  EXPECT_EQ(out, "");
  const CsvForm comma{{.separator = '|'}, ','};
  table.text(0) = "x";
  make_csv_encoder(table.schema(), {0, 1}, comma)->encode(table.batch(), 0, out);
  EXPECT_EQ(out, "x|-2,5");
}

Texts problems(std::string_view yaml, bool writes) {
  const auto format = make_csv_format();
  return read_options(std::string(yaml), [&](OptionVisitor& option) {
    if (writes)
      format->describe_writing(option);
    else
      format->describe(option);
  });
}

TEST(CsvFormat, RefusesDialectsThatCannotBeRead) {
  for (std::string_view good :
       {"{}", "{ separator: ';', decimal: ',' }", "{ separator: \"\\t\" }", "{ separator: tab }",
        "{ separator: '\\t', quote: none, header: false }", "{ quote: \"'\" }"})
    EXPECT_EQ(problems(good, false), Texts{}) << good;
  for (std::string_view bad :
       {"{ separator: ';;' }", "{ separator: \"\\n\" }", "{ separator: '' }", "{ separator: 'ä' }",
        "{ decimal: ';' }", "{ decimal: ',' }", "{ quote: ',' }", "{ header: maybe }"})
    EXPECT_EQ(problems(bad, false).size(), 1U) << bad;
  EXPECT_EQ(problems("{ quote: none }", true).size(), 1U);
  EXPECT_EQ(problems("{ separator: tab, header: false }", true), Texts{});
}

}  // namespace
}  // namespace weir
