// What a name of a JSON object costs, by how many the object has: all of them read, in the order of
// the record before and in another one each time, and with as many again that nobody reads.
//
//   wide_rows

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "connectors/formats/json.h"

namespace weir {
namespace {

constexpr std::size_t kNames = 400'000;  // decoded for each figure
constexpr std::size_t kRecords = 20;

std::string record_of(const std::vector<std::string>& names) {
  std::string json = "{";
  for (const std::string& name : names) json += (json.size() > 1 ? ",\"" : "\"") + name + "\":1.5";
  return json + "}";
}

double ns_a_name(std::size_t count, bool shuffled, bool unread) {
  std::mt19937_64 random(1);
  std::vector<FieldSpec> fields(count);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    fields[i].field = {"field_" + std::to_string(i), Type::number};
    fields[i].path = fields[i].field.name;
    names.push_back(fields[i].path);
    if (unread) names.push_back("other_" + std::to_string(i));
  }
  std::vector<std::string> records;
  for (std::size_t i = 0; i < kRecords; ++i) {
    if (shuffled) std::shuffle(names.begin(), names.end(), random);
    records.push_back(record_of(names));
  }
  const auto decoder = make_json_decoder(fields);
  std::vector<double> cells(count);
  std::vector<MutableColumn> columns(count);
  for (std::size_t i = 0; i < count; ++i) columns[i] = &cells[i];
  Arena arena;
  BadRecord bad;
  std::size_t decoded = 0;
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; decoded < kNames; ++i) {
    arena.reset();
    Record record;
    record.value = records[i % kRecords];
    if (!decoder->decode(record, arena, columns, 0, bad)) std::abort();
    decoded += names.size();
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / static_cast<double>(decoded);
}

}  // namespace
}  // namespace weir

int main() {
  std::printf("%8s %12s %12s %12s\n", "names", "in order", "shuffled", "half unread");
  for (const std::size_t count : {10, 100, 1'000, 5'000})
    std::printf("%8zu %9.1f ns %9.1f ns %9.1f ns\n", count, weir::ns_a_name(count, false, false),
                weir::ns_a_name(count, true, false), weir::ns_a_name(count, false, true));
}
