#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "pipeline/core/arena.h"
#include "pipeline/core/expression/expression.h"

/// Expressions over one row, for tests.
namespace weir::expression_test {

inline const Schema kSchema{{{"a", Type::number},
                      {"b", Type::number},
                      {"yes", Type::boolean},
                      {"no", Type::boolean},
                      {"name", Type::text},
                      {"other", Type::text},
                      {"ts", Type::time},
                      {"tx-1h", Type::number},
                      {"amount", Type::number}}};

// 2024-02-29T13:45:00Z, a Thursday.
constexpr double kTime = 1709214300000;

/// One row over kSchema, and what an expression makes of it.
struct Row {
  double a = 3, b = 4, yes = 1, no = 0;
  std::string_view name = "Anna", other = "bob";
  double ts = kTime, tx = 7, amount = 10;
};

inline Expression compiled(std::string_view text) {
  auto result = compile_expression(text, kSchema);
  if (auto* error = std::get_if<ExpressionError>(&result)) {
    ADD_FAILURE() << text << ": " << error->column << ": " << error->message;
    std::exit(1);
  }
  return std::get<Expression>(result);
}

struct Outcome {
  double number = kMissing;
  std::string text;
  bool missing = false;
  std::uint64_t invalid = 0;
};

inline Outcome evaluated(std::string_view text, const Row& row = {}) {
  const Expression expression = compiled(text);
  std::vector<Column> columns(kSchema.size());
  columns[0] = &row.a;
  columns[1] = &row.b;
  columns[2] = &row.yes;
  columns[3] = &row.no;
  columns[4] = &row.name;
  columns[5] = &row.other;
  columns[6] = &row.ts;
  columns[7] = &row.tx;
  columns[8] = &row.amount;
  Arena arena;
  Outcome outcome;
  const Column column = expression.evaluate(columns, 1, arena, outcome.invalid);
  if (expression.type() == Type::text) {
    outcome.missing = is_missing(column.texts()[0]);
    outcome.text = column.texts()[0];
  } else {
    outcome.missing = is_missing(column.numbers()[0]);
    outcome.number = column.numbers()[0];
  }
  return outcome;
}

inline double number(std::string_view text, const Row& row = {}) {
  return evaluated(text, row).number;
}
inline std::string text(std::string_view expression) { return evaluated(expression).text; }

inline std::string mistake(std::string_view text) {
  const auto result = compile_expression(text, kSchema);
  const auto* error = std::get_if<ExpressionError>(&result);
  return error ? std::to_string(error->column) + ": " + error->message : "no mistake";
}

inline const double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace weir::expression_test
