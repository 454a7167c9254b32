#include "pipeline/core/expression/expression.h"

#include <algorithm>
#include <utility>

#include "pipeline/core/expression/parser.h"
#include "pipeline/core/expression/program.h"

namespace weir {
namespace {

constexpr std::size_t kLongest = 4096;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

Expression::Expression() = default;
Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::Expression(const Expression&) = default;
Expression& Expression::operator=(const Expression&) = default;

Type Expression::type() const { return program_->nodes[program_->root].type; }

const std::vector<std::size_t>& Expression::fields() const { return program_->fields; }

Column Expression::evaluate(std::span<const Column> columns, std::size_t rows, Arena& arena,
                            std::uint64_t& invalid) const {
  return evaluate_node(*program_, program_->root, columns, rows, arena, invalid);
}

std::variant<Expression, ExpressionError> compile_expression(std::string_view text,
                                                             const Schema& schema) {
  if (text.size() > kLongest)
    return ExpressionError{0, "longer than " + std::to_string(kLongest) + " characters"};
  try {
    Expression expression;
    expression.program_ =
        std::make_shared<const Expression::Program>(ExpressionParser(text, schema).parse());
    return expression;
  } catch (ExpressionError& error) {
    error.column = characters(text.substr(0, error.column));
    return std::move(error);
  }
}

std::vector<std::string> expression_names(std::string_view text) {
  std::vector<std::string> names;
  ExpressionLexer lexer(text);
  std::optional<ExpressionError> error;
  for (Token token = lexer.next(error); token.kind != Token::Kind::end;) {
    const Token next = lexer.next(error);
    const bool called = next.kind == Token::Kind::symbol && next.source == "(";
    const bool named =
        token.kind == Token::Kind::quoted_name || (token.kind == Token::Kind::name && !called);
    if (named && std::find(names.begin(), names.end(), token.source) == names.end())
      names.emplace_back(token.source);
    token = next;
  }
  return names;
}

}  // namespace weir
