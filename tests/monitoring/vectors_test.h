#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "monitoring/sketches/moments.h"
#include "pipeline/core/splitmix64.h"

namespace weir {

/// The cases of a file of tests/data/vectors; its README says where the figures come from.
inline nlohmann::json load_vectors(const std::string& name) {
  std::ifstream file(std::string(WEIR_SOURCE_DIR) + "/tests/data/vectors/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  return nlohmann::json::parse(file).at("cases");
}

inline double number(const nlohmann::json& value) {
  if (!value.is_string()) return value.get<double>();
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  return value == "inf" ? HUGE_VAL : -HUGE_VAL;
}

/// The values of a sample, rebuilt from its recipe and checked against what the file says of them.
inline std::vector<double> sample(const nlohmann::json& written) {
  std::vector<double> values;
  if (!written.contains("gen")) {
    for (const auto& value : written["values"]) values.push_back(number(value));
    return values;
  }
  const auto& recipe = written["gen"];
  SplitMix64 random(recipe["seed"].get<std::uint64_t>());
  const std::string dist = recipe["dist"];
  const double scale = recipe.value("scale", 1.0);
  const double loc = recipe.value("loc", 0.0);
  for (std::size_t i = 0; i < recipe["n"].get<std::size_t>(); ++i) {
    double value = 0;
    if (dist == "sum12") {
      value = random.sum12();
    } else {
      const double u = random.u01();
      value = dist == "ties" ? std::floor(u * recipe["k"].get<double>())
                             : (dist == "expish" ? u / (1 - u) : u);
    }
    value = value * scale;
    values.push_back(value + loc);
  }
  EXPECT_EQ(values.back(), number(written["last"])) << recipe;
  for (std::size_t i = 0; i < written["first3"].size(); ++i)
    EXPECT_EQ(values[i], number(written["first3"][i])) << recipe;
  return values;
}

inline Moments moments_of(const std::vector<double>& values) {
  Moments moments;
  for (const double value : values) moments.add(value);
  return moments;
}

/// Equal to a relative tolerance; NaN equals NaN; below `least` only as small as it.
inline ::testing::AssertionResult agrees(double got, double wanted, double relative,
                                         double least = 0) {
  if (std::isnan(wanted) && std::isnan(got)) return ::testing::AssertionSuccess();
  if (got == wanted || std::abs(got - wanted) <= relative * std::abs(wanted))
    return ::testing::AssertionSuccess();
  if (std::abs(wanted) < least && std::abs(got) < least) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "got " << ::testing::PrintToString(got) << ", wanted "
                                       << ::testing::PrintToString(wanted) << ", relative error "
                                       << std::abs(got - wanted) / std::abs(wanted);
}

}  // namespace weir
