#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace weir {

/// A file of tests/data/vectors: results of published libraries, see tests/data/README.md.
inline nlohmann::json read_vectors(const std::string& name) {
  std::ifstream file(std::string(WEIR_SOURCE_DIR) + "/tests/data/vectors/" + name);
  EXPECT_TRUE(file.good()) << name;
  return nlohmann::json::parse(file);
}

/// Equal to 1e-9 of the expected value, or to 1e-12 near 0.
inline void expect_close(double actual, double expected, const std::string& where) {
  EXPECT_NEAR(actual, expected, std::max(1e-12, 1e-9 * std::abs(expected))) << where;
}

}  // namespace weir
