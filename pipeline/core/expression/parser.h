#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/core/arena.h"
#include "pipeline/core/expression/lexer.h"
#include "pipeline/core/expression/program.h"

namespace weir {

/// Reads one expression (precedence climbing) and checks its types on the way. From loose to tight:
/// `or`, `and`, `not`, comparison, `+ -`, `* / %`, unary `-`.
class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, const Schema& schema)
      : text_(text), lexer_(text), schema_(schema) {}

  /// Throws ExpressionError, its column in bytes.
  Expression::Program parse();

 private:
  using Index = std::uint32_t;

  [[noreturn]] static void fail(std::size_t column, std::string message);
  void advance();
  void expect(std::string_view symbol, std::string_view after);

  Index expression(int least);
  Index operand();
  Index name();
  Index field(const Token& token);
  Index call(const Token& function);
  Index unary(Op op, const Token& sign, int binds);
  Index binary(const Token& symbol, Index left, Index right);
  Index arithmetic(const Token& symbol, Op op, Index left, Index right);
  Index time_arithmetic(const Token& symbol, Op op, Index left, Index right);
  void check_text(Op op, Index index);
  void read_as_time(Index index);
  Index comparison(const Token& symbol, Op op, Index left, Index right);
  Index logical(const Token& symbol, Op op, Index left, Index right);
  void check_arguments(const Function& function, const Token& token,
                       const std::vector<Index>& arguments);
  Type result_type(const Function& function, const std::vector<Index>& arguments) const;
  void check_offset(const Token& function, std::vector<Index>& arguments);

  Index add(ExpressionNode node);
  Index constant(std::size_t column, Type type, double number);
  void fold(ExpressionNode& node);
  Type type(Index node) const { return program_.nodes[node].type; }
  std::string type_text(Index node) const { return std::string(type_name(type(node))); }
  [[noreturn]] void unknown_name(const Token& token);

  std::string_view text_;
  ExpressionLexer lexer_;
  const Schema& schema_;
  Token token_;
  int depth_ = 0;
  Expression::Program program_;
  Arena arena_;
};

}  // namespace weir
