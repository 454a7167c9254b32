#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/core/expression/expression.h"
#include "pipeline/core/expression/functions.h"

namespace weir {

/// A node of a compiled expression; its arguments stand before it.
struct ExpressionNode {
  Op op = Op::constant;
  Type type = Type::number;
  bool fallible = false;     // it or something below may have no finite result
  std::uint32_t column = 0;  // where its text begins, in bytes
  std::size_t field = 0;     // Op::field
  double number = 0;         // Op::constant
  std::string text;          // Op::constant of type text
  std::vector<std::uint32_t> arguments;
};

struct Expression::Program {
  std::vector<ExpressionNode> nodes;
  std::uint32_t root = 0;
  std::vector<std::size_t> fields;
};

/// Evaluates one node (see Expression::evaluate).
Column evaluate_node(const Expression::Program& program, std::uint32_t node,
                     std::span<const Column> columns, std::size_t rows, Arena& arena,
                     std::uint64_t& invalid);

}  // namespace weir
