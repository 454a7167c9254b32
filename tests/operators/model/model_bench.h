#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/model/model.h"
#include "tests/operators/operator_harness.h"

namespace weir {

inline constexpr std::size_t kMain = 0;
inline constexpr std::size_t kOutcomes = 1;

/// A model operator in an OperatorBench, with its output rows by name of field.
class ModelBench {
 public:
  ModelBench(std::string_view options, Schema rows)
      : bench(make_model(), options, {{std::move(rows), true, "rows"}}) {}
  ModelBench(std::string_view options, Schema rows, Schema labels)
      : bench(make_model(), options,
              {{std::move(rows), true, "rows"}, {std::move(labels), true, "labels"}}) {}

  /// Runs and keeps the outputs.
  void run(const std::vector<InputRow>& rows, std::size_t batch_rows = 4096,
           std::int64_t lateness = 0) {
    auto out = bench.run(rows, batch_rows, lateness);
    outputs.resize(out.size());
    for (std::size_t i = 0; i < out.size(); ++i)
      outputs[i].insert(outputs[i].end(), std::make_move_iterator(out[i].begin()),
                        std::make_move_iterator(out[i].end()));
  }

  std::size_t rows(std::size_t output) const { return outputs.at(output).size(); }
  const Cell& at(std::size_t output, std::size_t row, std::string_view field) const {
    const auto index = bench.binding().outputs[output].schema.find(field);
    EXPECT_TRUE(index) << "no field " << field;
    return outputs.at(output).at(row).cells.at(*index);
  }
  double number(std::size_t output, std::size_t row, std::string_view field) const {
    const Cell& found = at(output, row, field);
    return std::holds_alternative<double>(found) ? std::get<double>(found) : kMissing;
  }
  std::string text(std::size_t output, std::size_t row, std::string_view field) const {
    const Cell& found = at(output, row, field);
    return std::holds_alternative<std::string>(found) ? std::get<std::string>(found) : "(missing)";
  }
  double ended(std::string_view how) const {
    return bench.report()["weir_labels_total{" + std::string(how) + "}"];
  }
  double updates() const { return bench.report()["weir_model_updates_total"]; }

  OperatorBench bench;
  std::vector<std::vector<OutputRow>> outputs;
};

inline InputRow tick(std::int64_t watermark) {
  return {.time = watermark, .cells = {}, .port = InputRow::kTick};
}

}  // namespace weir
