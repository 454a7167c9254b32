#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/operators/model/model_bench.h"

/// A model that waits for labels, and its rows and labels.
namespace weir::labels_test {

inline Schema rows() { return {{{"id", Type::text}, {"x", Type::number}, {"note", Type::text}}}; }
inline Schema labels() { return {{{"id", Type::text}, {"y", Type::boolean}}}; }

inline InputRow row(std::int64_t time, std::string_view id, double x = 1) {
  return {time, {cell(id), cell(x), cell("note of " + std::string(id))}, 0};
}
inline InputRow label(std::int64_t time, std::string_view id, double y = 1) {
  return {time, {cell(id), cell(y)}, 1};
}

/// A model that waits 10 s for labels, however silent they are, and holds early ones for 2 s, with
/// further options of `labels`.
inline ModelBench model(std::string_view more = "", std::string_view model_options = "") {
  ModelBench made(R"({"input": "rows", "features": ["x"], "target": "y",
                      "steps": ["standard_scaler",
                                {"logistic_regression": {"learning_rate": 0.5}}])" +
                      std::string(model_options) + R"(,
                      "labels": {"input": "labels", "match": "id", "wait": "10s", "early": "2s")" +
                      std::string(more.find("heard") == more.npos ? R"(, "heard": "off")" : "") +
                      std::string(more) + "}}",
                  rows(), labels());
  EXPECT_TRUE(made.bench.ok()) << made.bench.mistakes()[0];
  return made;
}

}  // namespace weir::labels_test
