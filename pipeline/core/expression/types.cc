// The part of the parser that checks types.
#include <array>
#include <cmath>
#include <utility>

#include "pipeline/core/expression/parser.h"
#include "pipeline/core/expression/text.h"

namespace weir {
namespace {

constexpr double kHour = 3'600'000;
constexpr double kMinute = 60'000;
constexpr double kWidestOffset = 18;  // hours

std::string quoted(std::string_view word) { return "`" + std::string(word) + "`"; }

// `+05:30` as ms.
std::optional<double> offset_of(std::string_view text) {
  const auto digit = [&](std::size_t at) {
    return text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : 100'000;
  };
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const int hours = digit(1) * 10 + digit(2);
  const int minutes = digit(4) * 10 + digit(5);
  if (hours > kWidestOffset || minutes > 59) return std::nullopt;
  const double ms = hours * kHour + minutes * kMinute;
  return text[0] == '-' ? -ms : ms;
}

/// The letters of Function::arguments, one an argument.
struct Parameters {
  std::string letters;
  std::size_t least = 0;
  bool repeats = false;

  explicit Parameters(std::string_view spec) {
    bool optional = false;
    for (char c : spec) {
      if (c == '?')
        optional = true;
      else if (c == '*')
        repeats = true;
      else
        letters += c;
      if (!optional) least = letters.size();
    }
  }
  char operator[](std::size_t at) const {
    return at < letters.size() ? letters[at] : letters.back();
  }
  std::string count_text() const {
    if (repeats) return "at least " + std::to_string(least);
    if (least == letters.size()) return std::to_string(least);
    return std::to_string(least) + " or " + std::to_string(letters.size());
  }
};

Type type_of_letter(char letter) {
  switch (letter) {
    case 'b':
      return Type::boolean;
    case 't':
      return Type::text;
    case 'i':
      return Type::time;
    default:
      return Type::number;
  }
}

ExpressionNode node_of(Op op, Type type, const Token& token, std::vector<std::uint32_t> arguments) {
  ExpressionNode node;
  node.op = op;
  node.type = type;
  node.column = static_cast<std::uint32_t>(token.column);
  node.arguments = std::move(arguments);
  return node;
}

}  // namespace

ExpressionParser::Index ExpressionParser::logical(const Token& symbol, Op op, Index left,
                                                  Index right) {
  for (Index side : {left, right})
    if (type(side) != Type::boolean)
      fail(program_.nodes[side].column,
           quoted(symbol.source) + " needs booleans; this is a " + type_text(side));
  return add(node_of(op, Type::boolean, symbol, {left, right}));
}

/// A text that is written there must be what it is read as: it would have no value in any row.
void ExpressionParser::check_text(Op op, Index index) {
  const ExpressionNode& node = program_.nodes[index];
  if (node.op != Op::constant) return;
  if (op == Op::to_time && is_missing(text_time(node.text)))
    fail(node.column, quoted(node.text) + " is no time: write it as '2024-05-06T07:08:09Z'");
  if (op == Op::to_number && is_missing(text_number(node.text)))
    fail(node.column, quoted(node.text) + " is no number");
}

/// A text that is written beside a time is one: `ts >= '2024-05-06T00:00:00Z'`.
void ExpressionParser::read_as_time(Index index) {
  ExpressionNode& node = program_.nodes[index];
  if (node.op != Op::constant || node.type != Type::text) return;
  check_text(Op::to_time, index);
  node.type = Type::time;
  node.number = text_time(node.text);
  node.text.clear();
}

ExpressionParser::Index ExpressionParser::comparison(const Token& symbol, Op op, Index left,
                                                     Index right) {
  if (type(left) == Type::time) read_as_time(right);
  if (type(right) == Type::time) read_as_time(left);
  if (type(left) != type(right)) {
    std::string message = quoted(symbol.source) + " compares values of one type, not " +
                          type_text(left) + " with " + type_text(right);
    fail(symbol.column, message);
  }
  if (type(left) == Type::boolean && op != Op::equal && op != Op::not_equal)
    fail(symbol.column, "booleans have no order: use `==` or `!=`");
  return add(node_of(op, Type::boolean, symbol, {left, right}));
}

ExpressionParser::Index ExpressionParser::arithmetic(const Token& symbol, Op op, Index left,
                                                     Index right) {
  if (type(left) == Type::number && type(right) == Type::number)
    return add(node_of(op, Type::number, symbol, {left, right}));
  if (op == Op::add && (type(left) == Type::text || type(right) == Type::text))
    fail(symbol.column, "use concat(a, b) to join texts, not `+`");
  if (type(left) == Type::time || type(right) == Type::time)
    return time_arithmetic(symbol, op, left, right);
  std::string message =
      quoted(symbol.source) + " needs numbers, not " + type_text(left) + " and " + type_text(right);
  if (type(left) == Type::boolean || type(right) == Type::boolean)
    message += "; if(x, 1, 0) makes a number of a boolean";
  fail(symbol.column, message);
}

ExpressionParser::Index ExpressionParser::time_arithmetic(const Token& symbol, Op op, Index left,
                                                          Index right) {
  const Type l = type(left), r = type(right);
  if (op == Op::subtract && l == Type::time && r == Type::time)
    return add(node_of(Op::subtract, Type::number, symbol, {left, right}));
  if (op == Op::add && l == Type::number)
    return add(node_of(Op::shift, Type::time, symbol, {right, left}));
  if (op == Op::add && r == Type::number)
    return add(node_of(Op::shift, Type::time, symbol, {left, right}));
  if (op == Op::subtract && l == Type::time && r == Type::number) {
    const Index back = add(node_of(Op::negate, Type::number, symbol, {right}));
    return add(node_of(Op::shift, Type::time, symbol, {left, back}));
  }
  fail(symbol.column,
       "a time takes `+` and `-` with a number of ms (or `5m`), and `-` between "
       "times; here are " +
           type_text(left) + " and " + type_text(right));
}

void ExpressionParser::check_arguments(const Function& function, const Token& token,
                                       const std::vector<Index>& arguments) {
  const Parameters parameters(function.arguments);
  const std::string name(function.name);
  if (arguments.size() < parameters.least ||
      (!parameters.repeats && arguments.size() > parameters.letters.size()))
    fail(token.column, name + " takes " + parameters.count_text() + " argument" +
                           (parameters.count_text() == "1" ? "" : "s") + ", not " +
                           std::to_string(arguments.size()));
  std::optional<Index> same;  // the first argument that T or O stands for
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Index argument = arguments[i];
    const std::string which = "argument " + std::to_string(i + 1) + " of " + name;
    const auto wrong = [&](const std::string& wanted) {
      fail(program_.nodes[argument].column,
           which + " must be " + wanted + ", not " + type_text(argument));
    };
    const char letter = parameters[i];
    if (letter == 'A') continue;
    if (letter != 'T' && letter != 'O') {
      const Type wanted = type_of_letter(letter);
      if (type(argument) != wanted) wrong(std::string(type_name(wanted)));
      continue;
    }
    if (letter == 'O' && type(argument) != Type::number && type(argument) != Type::time)
      wrong("number or time");
    if (!same) same = argument;
    if (type(argument) != type(*same)) wrong(type_text(*same) + " like the others");
  }
}

Type ExpressionParser::result_type(const Function& function,
                                   const std::vector<Index>& arguments) const {
  if (function.result == 'T' || function.result == 'O') return type(arguments.back());
  return type_of_letter(function.result);
}

void ExpressionParser::check_offset(const Token& function, std::vector<Index>& arguments) {
  if (arguments.size() < 2) return;
  const ExpressionNode& offset = program_.nodes[arguments[1]];
  std::optional<double> ms;
  if (offset.op == Op::constant && offset.type == Type::number &&
      std::abs(offset.number) <= kWidestOffset)
    ms = offset.number * kHour;
  if (offset.op == Op::constant && offset.type == Type::text) ms = offset_of(offset.text);
  if (!ms)
    fail(offset.column, "the offset of " + std::string(function.source) +
                            " is fixed: hours from -18 to 18, or a text like '+05:30'");
  arguments[1] = constant(offset.column, Type::number, *ms);
}

}  // namespace weir
