#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "pipeline/core/log/log.h"

/// Seeded input.
namespace weir::engine_test {

/// One record of an input.
struct Row {
  std::string source;
  std::int32_t partition = 0;
  std::string key;
  std::string value;
  std::int64_t timestamp = 0;
};

/// Card transactions and, in the same stream, what became of them: `kind` is event or label. Some
/// come late, some have missing values, some are not records at all.
inline std::vector<Row> random_rows(std::uint64_t seed, int count, std::int32_t partitions = 1,
                                    bool far_future = false, std::uint64_t gap_ms = 3000) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  static constexpr const char* kCountries[] = {"de", "fr", "it", "pl"};
  std::vector<Row> rows;
  std::int64_t now = 1'600'000'000'000;
  for (int i = 0; i < count; ++i) {
    now += static_cast<std::int64_t>(below(gap_ms));
    const std::int64_t time = now - (below(10) == 0 ? static_cast<std::int64_t>(below(60'000)) : 0);
    const bool label = i > 20 && below(3) == 0;
    const std::string id = std::to_string(label ? static_cast<std::uint64_t>(i) - below(20)
                                                : static_cast<std::uint64_t>(i));
    const std::string card = "c" + std::to_string(below(9));
    std::string value = "{\"kind\":\"" + std::string(label ? "label" : "event") + "\",\"id\":\"" +
                        id + "\",\"card\":\"" + card + "\",\"ts\":" + std::to_string(time);
    if (label) {
      value += std::string(",\"good\":") + (below(2) == 0 ? "true" : "false");
    } else {
      if (below(20) != 0) value += ",\"amount\":" + std::to_string(below(20'000)) + ".25";
      if (below(20) != 0) value += std::string(",\"country\":\"") + kCountries[below(4)] + "\"";
    }
    value += "}";
    std::int64_t timestamp = time;
    if (below(50) == 0) value = below(2) == 0 ? "{\"kind\":" : "{\"kind\":3,\"ts\":\"noon\"}";
    if (far_future && i == count / 2) {
      timestamp = 6'000'000'000'000;  // the year 2160
      value = R"({"kind":"event","id":"far","card":"c1","amount":3,"ts":6000000000000})";
    }
    const auto partition = partition_of_key(card, partitions);
    rows.push_back({"events", partition, card, value, timestamp});
  }
  return rows;
}

}  // namespace weir::engine_test
