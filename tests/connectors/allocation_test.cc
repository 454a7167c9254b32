#include <gtest/gtest.h>

#include <cstdint>

#include "connectors/formats/csv.h"
#include "connectors/formats/json.h"
#include "tests/connectors/formats/decoding_test.h"
#include "tests/harness/allocations.h"
#include "tests/harness/sanitized.h"

namespace weir {
namespace {

constexpr std::size_t kRows = 1000;

/// Allocations of decoding the records and encoding the rows again, once all is warm.
std::uint64_t allocations_of_a_steady_step(const FormatSpec& format,
                                           const std::vector<FieldSpec>& fields,
                                           const std::vector<std::string>& records) {
  const auto decoder = format.decoder(fields);
  Table table(fields, kRows);
  std::vector<std::size_t> all(fields.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  const auto encoder = format.encoder(table.schema(), all);
  Arena arena;
  BadRecord bad;
  std::string out;
  std::uint64_t before = 0;
  for (int step = 0; step < 3; ++step) {
    before = allocations;
    arena.reset();
    out.clear();
    for (std::size_t row = 0; row < kRows; ++row) {
      const bool good = decoder->decode(record_of(records[row]), arena, table.columns(), row, bad);
      if (good) encoder->encode(table.batch(), row, out);
    }
  }
  return allocations - before;
}

std::vector<FieldSpec> fields() {
  FieldSpec nested = field("city", Type::text);
  nested.path = "place.city";
  return {field("id", Type::text), field("amount", Type::number), field("ok", Type::boolean),
          field("ts", Type::time), nested};
}

TEST(JsonFormat, AllocatesNothingOnTheSteadyPath) {
  if (engine_test::kSanitized) GTEST_SKIP() << "the sanitizers have an allocator of their own";
  std::vector<std::string> records;
  for (std::size_t i = 0; i < kRows; ++i)
    records.push_back(
        R"({"a_rather_long_name_that_nobody_reads":[1,{"x":2}],"id":"tx-)" + std::to_string(i) +
        R"(\n","amount":)" + std::to_string(i) +
        R"(.25,"ok":true,"ts":"2024-05-06T07:08:09Z","place":{"zip":1,"city":"Köln"}})");
  EXPECT_EQ(allocations_of_a_steady_step(*make_json_format(), fields(), records), 0u);
  for (std::size_t i = 0; i < kRows; i += 10) records[i] = R"({"amount":"bad","id":)";
  EXPECT_EQ(allocations_of_a_steady_step(*make_json_format(), fields(), records), 0u);
}

TEST(CsvFormat, AllocatesNothingOnTheSteadyPath) {
  if (engine_test::kSanitized) GTEST_SKIP() << "the sanitizers have an allocator of their own";
  std::vector<std::string> records;
  for (std::size_t i = 0; i < kRows; ++i)
    records.push_back("\"tx \"\"" + std::to_string(i) + "\"\"\"," + std::to_string(i) +
                      ".25,true,1714979289123,Köln");
  for (std::size_t i = 0; i < kRows; i += 10) records[i] = "tx,bad,true,0,x";
  EXPECT_EQ(allocations_of_a_steady_step(*make_csv_format(), fields(), records), 0u);
}

}  // namespace
}  // namespace weir
