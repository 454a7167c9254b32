#include "pipeline/core/expression/parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pipeline/core/expression/foreign_words.h"
#include "pipeline/core/lower_case.h"

namespace weir {
namespace {

constexpr int kDeepest = 64;
constexpr int kBindsNot = 3;
constexpr int kBindsCompare = 4;
constexpr int kBindsNegate = 7;

struct BinaryWord {
  std::string_view word;
  Op op;
  int binds;
};

constexpr std::array kBinary = {
    BinaryWord{"or", Op::logical_or, 1},
    BinaryWord{"and", Op::logical_and, 2},
    BinaryWord{"==", Op::equal, kBindsCompare},
    BinaryWord{"!=", Op::not_equal, kBindsCompare},
    BinaryWord{"<", Op::less, kBindsCompare},
    BinaryWord{"<=", Op::less_equal, kBindsCompare},
    BinaryWord{">", Op::greater, kBindsCompare},
    BinaryWord{">=", Op::greater_equal, kBindsCompare},
    BinaryWord{"+", Op::add, 5},
    BinaryWord{"-", Op::subtract, 5},
    BinaryWord{"*", Op::multiply, 6},
    BinaryWord{"/", Op::divide, 6},
    BinaryWord{"%", Op::modulo, 6},
};

const BinaryWord* find_binary(const Token& token) {
  const auto at = std::find_if(kBinary.begin(), kBinary.end(),
                               [&](const BinaryWord& binary) { return token.is(binary.word); });
  return at == kBinary.end() ? nullptr : &*at;
}

bool may_fail(Op op) {
  switch (op) {
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
    case Op::shift:
    case Op::pow:
    case Op::log:
    case Op::log1p:
    case Op::exp:
    case Op::sqrt:
    case Op::concat:
    case Op::to_number:
    case Op::to_time:
      return true;
    default:
      return false;
  }
}

std::string quoted(std::string_view word) { return "`" + std::string(word) + "`"; }

}  // namespace

void ExpressionParser::fail(std::size_t column, std::string message) {
  throw ExpressionError{column, std::move(message)};
}

void ExpressionParser::advance() {
  std::optional<ExpressionError> error;
  token_ = lexer_.next(error);
  if (error) throw *error;
}

void ExpressionParser::expect(std::string_view symbol, std::string_view after) {
  if (!token_.is(symbol))
    fail(token_.column, "expected " + quoted(symbol) + " " + std::string(after));
  advance();
}

Expression::Program ExpressionParser::parse() {
  advance();
  if (token_.kind == Token::Kind::end) fail(0, "the expression is empty");
  program_.root = expression(0);
  if (token_.kind != Token::Kind::end) {
    std::string message = "unexpected " + quoted(token_.source);
    if (token_.is(",")) message += ": commas separate the arguments of a function only";
    if (const std::string instead = instead_of_name(token_.source); !instead.empty())
      message += ": " + instead;
    fail(token_.column, message);
  }
  std::vector<std::size_t>& fields = program_.fields;
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  return std::move(program_);
}

ExpressionParser::Index ExpressionParser::expression(int least) {
  if (++depth_ > kDeepest)
    fail(token_.column, "nested more than " + std::to_string(kDeepest) + " deep");
  Index left = operand();
  int chain = 0;
  for (const BinaryWord* binary = find_binary(token_); binary && binary->binds >= least;
       binary = find_binary(token_)) {
    // A chain of operators is a chain of nodes: the limit on depth is one on evaluation, too.
    if (++chain > 8 * kDeepest) fail(token_.column, "too many operators in a row");
    const Token symbol = token_;
    advance();
    const Index right = expression(binary->binds + 1);
    left = this->binary(symbol, left, right);
    if (binary->binds == kBindsCompare) {
      const BinaryWord* next = find_binary(token_);
      if (next && next->binds == kBindsCompare)
        fail(token_.column, "comparisons do not chain: write `a < b and b < c`");
    }
  }
  --depth_;
  return left;
}

ExpressionParser::Index ExpressionParser::operand() {
  const Token token = token_;
  switch (token.kind) {
    case Token::Kind::number:
      advance();
      return constant(token.column, Type::number, token.number);
    case Token::Kind::text: {
      advance();
      ExpressionNode node;
      node.type = Type::text;
      node.column = static_cast<std::uint32_t>(token.column);
      node.text = token.text;
      program_.nodes.push_back(std::move(node));
      return static_cast<Index>(program_.nodes.size() - 1);
    }
    case Token::Kind::quoted_name:
      advance();
      return field(token);
    case Token::Kind::name:
      return name();
    case Token::Kind::end:
      fail(token.column, "the expression ends where a value is missing");
    case Token::Kind::symbol:
      break;
  }
  if (token.is("-")) {
    advance();
    return unary(Op::negate, token, kBindsNegate);
  }
  if (token.is("(")) {
    advance();
    const Index inside = expression(0);
    expect(")", "to close the bracket");
    return inside;
  }
  fail(token.column, "expected a value, not " + quoted(token.source));
}

ExpressionParser::Index ExpressionParser::name() {
  const Token token = token_;
  advance();
  if (token_.is("(") && token_.kind == Token::Kind::symbol &&
      !(token.is("not") || token.is("and") || token.is("or")))
    return call(token);
  if (token.is("true") || token.is("false"))
    return constant(token.column, Type::boolean, token.is("true") ? 1 : 0);
  if (token.is("not")) return unary(Op::logical_not, token, kBindsNot);
  if (token.is("and") || token.is("or"))
    fail(token.column, "expected a value, not " + quoted(token.source));
  return field(token);
}

ExpressionParser::Index ExpressionParser::field(const Token& token) {
  const std::optional<std::size_t> found = schema_.find(token.source);
  if (!found) unknown_name(token);
  ExpressionNode node;
  node.op = Op::field;
  node.type = schema_.fields[*found].type;
  node.column = static_cast<std::uint32_t>(token.column);
  node.field = *found;
  program_.fields.push_back(*found);
  program_.nodes.push_back(std::move(node));
  return static_cast<Index>(program_.nodes.size() - 1);
}

void ExpressionParser::unknown_name(const Token& token) {
  const std::string_view from = text_.substr(token.column);
  std::vector<std::string_view> names;
  for (const Field& known : schema_.fields) {
    names.push_back(known.name);
    if (token.kind == Token::Kind::name && known.name.size() > token.source.size() &&
        from.starts_with(known.name) && known.name[token.source.size()] == '-')
      fail(token.column, "a name with a hyphen needs backquotes: `" + known.name + "`");
  }
  std::string message = "no field " + quoted(token.source);
  const std::string instead =
      token.kind == Token::Kind::name ? instead_of_name(token.source) : std::string();
  const bool known = std::ranges::any_of(
      names, [&](std::string_view name) { return lower_case(name) == lower_case(token.source); });
  if (!instead.empty() && !known)
    message += "; " + instead;
  else if (find_function(token.source))
    message += "; it is a function: " + std::string(token.source) + "(...)";
  else if (const std::string_view nearest = nearest_name(token.source, names); !nearest.empty())
    message += "; did you mean " + quoted(nearest) + "?";
  else
    message += " (a text needs quotes: '" + std::string(token.source) + "')";
  fail(token.column, message);
}

ExpressionParser::Index ExpressionParser::call(const Token& token) {
  const Function* function = find_function(token.source);
  if (!function) {
    std::string message = "no function " + quoted(token.source);
    const std::string_view nearest = nearest_name(token.source, function_names());
    if (const std::string instead = instead_of_function(token.source); !instead.empty())
      message += "; " + instead;
    else if (!nearest.empty())
      message += "; did you mean " + quoted(nearest) + "?";
    fail(token.column, message);
  }
  advance();
  std::vector<Index> arguments;
  while (!token_.is(")") || !arguments.empty()) {
    arguments.push_back(expression(0));
    if (!token_.is(",")) break;
    advance();
  }
  expect(")", "to close the arguments of " + std::string(token.source));
  check_arguments(*function, token, arguments);
  if (function->arguments == "i?A") check_offset(token, arguments);
  if (function->op == Op::to_time || function->op == Op::to_number)
    check_text(function->op, arguments[0]);
  ExpressionNode node;
  node.op = function->op;
  node.type = result_type(*function, arguments);
  node.column = static_cast<std::uint32_t>(token.column);
  node.arguments = std::move(arguments);
  return add(std::move(node));
}

ExpressionParser::Index ExpressionParser::unary(Op op, const Token& sign, int binds) {
  const Index inside = expression(binds);
  const Type wanted = op == Op::negate ? Type::number : Type::boolean;
  if (type(inside) != wanted)
    fail(sign.column, quoted(sign.source) + " needs a " + std::string(type_name(wanted)) +
                          ", not a " + type_text(inside));
  ExpressionNode node;
  node.op = op;
  node.type = wanted;
  node.column = static_cast<std::uint32_t>(sign.column);
  node.arguments = {inside};
  return add(std::move(node));
}

ExpressionParser::Index ExpressionParser::binary(const Token& symbol, Index left, Index right) {
  const BinaryWord& word = *find_binary(symbol);
  if (word.binds < kBindsNot) return logical(symbol, word.op, left, right);
  if (word.binds == kBindsCompare) return comparison(symbol, word.op, left, right);
  return arithmetic(symbol, word.op, left, right);
}

ExpressionParser::Index ExpressionParser::constant(std::size_t column, Type type, double number) {
  ExpressionNode node;
  node.type = type;
  node.column = static_cast<std::uint32_t>(column);
  node.number = number;
  program_.nodes.push_back(std::move(node));
  return static_cast<Index>(program_.nodes.size() - 1);
}

ExpressionParser::Index ExpressionParser::add(ExpressionNode node) {
  node.fallible = may_fail(node.op);
  bool folds = !node.arguments.empty();
  for (Index argument : node.arguments) {
    node.fallible = node.fallible || program_.nodes[argument].fallible;
    folds = folds && program_.nodes[argument].op == Op::constant;
  }
  program_.nodes.push_back(std::move(node));
  if (folds) fold(program_.nodes.back());
  return static_cast<Index>(program_.nodes.size() - 1);
}

// What has no finite value stays as it is, so that it is counted with every row.
void ExpressionParser::fold(ExpressionNode& node) {
  std::uint64_t invalid = 0;
  const Column value = evaluate_node(program_, static_cast<Index>(program_.nodes.size() - 1), {}, 1,
                                     arena_, invalid);
  if (invalid > 0) return;
  if (node.type == Type::text)
    node.text = value.texts()[0];
  else
    node.number = value.numbers()[0];
  node.op = Op::constant;
  node.fallible = false;
  node.arguments.clear();
}

}  // namespace weir
