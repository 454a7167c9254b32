#include <gtest/gtest.h>

#include "connectors/formats/json.h"
#include "tests/connectors/formats/decoding_test.h"

namespace weir {
namespace {

TEST(JsonEncoder, WritesTheBytesOfTheOrderLaw) {
  const std::vector<FieldSpec> fields = {field("n", Type::number), field("b", Type::boolean),
                                         field("s", Type::text),   field("t", Type::time),
                                         field("m", Type::number), field("s\"2", Type::text)};
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

}  // namespace
}  // namespace weir
