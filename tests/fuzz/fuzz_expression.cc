// Any text as an expression: it is refused with a column inside it, or it compiles and every value
// it computes is one the language allows, the same for one row as for many.

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"
#include "pipeline/core/check.h"
#include "pipeline/core/expression/expression.h"
#include "pipeline/core/schema.h"

namespace weir {
namespace {

constexpr std::size_t kRows = 5;

const Schema& schema() {
  static const Schema fields{{{"amount", Type::number},
                              {"other", Type::number},
                              {"ok", Type::boolean},
                              {"ts", Type::time},
                              {"country", Type::text},
                              {"home", Type::text}}};
  return fields;
}

/// Values that hurt: missing, zero, huge, tiny, negative; empty and missing texts.
struct Table {
  double amount[kRows] = {kMissing, 0, 1e308, -1, 0.1};
  double other[kRows] = {1, -0.0, 1e308, 1e-308, kMissing};
  double ok[kRows] = {0, 1, kMissing, 1, 0};
  double ts[kRows] = {0, 1.7e12, -2e12, kMissing, 7.2e12};
  std::string_view country[kRows] = {"DE", "", {}, "de", "\xc3\xa9t\xc3\xa9"};
  std::string_view home[kRows] = {"DE", "x", "y", {}, "longer than fifteen characters"};

  std::vector<Column> columns(std::size_t row) const {
    std::vector<Column> all(6);
    all[0] = amount + row;
    all[1] = other + row;
    all[2] = ok + row;
    all[3] = ts + row;
    all[4] = country + row;
    all[5] = home + row;
    return all;
  }
};

void check_value(Type type, double value) {
  check(!std::isinf(value), "no value is infinite");
  if (type == Type::boolean)
    check(std::isnan(value) || value == 0 || value == 1, "a boolean is 0 or 1");
}

void run(const Expression& expression) {
  const Table table;
  Arena arena;
  std::uint64_t invalid = 0;
  std::uint64_t invalid_one_by_one = 0;
  const Column all = expression.evaluate(table.columns(0), kRows, arena, invalid);
  for (std::size_t row = 0; row < kRows; ++row) {
    const Column one = expression.evaluate(table.columns(row), 1, arena, invalid_one_by_one);
    if (expression.type() == Type::text) {
      const std::string_view together = all.texts()[row];
      const std::string_view alone = one.texts()[0];
      check(is_missing(together) == is_missing(alone) && together == alone,
            "a text does not depend on the rows beside it");
      continue;
    }
    const double together = all.numbers()[row];
    const double alone = one.numbers()[0];
    check_value(expression.type(), together);
    check(together == alone || (std::isnan(together) && std::isnan(alone)),
          "a value does not depend on the rows beside it");
  }
  check(invalid == invalid_one_by_one, "operations without a result are counted by row");
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto compiled = compile_expression(text, schema());
  if (const auto* error = std::get_if<ExpressionError>(&compiled)) {
    check(!error->message.empty(), "an error has a message");
    check(error->column <= text.size(), "an error is inside the text");
    return 0;
  }
  run(std::get<Expression>(compiled));
  return 0;
}
