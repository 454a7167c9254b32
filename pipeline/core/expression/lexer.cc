#include "pipeline/core/expression/lexer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace weir {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool in_name(char c) { return begins_name(c) || is_digit(c); }

constexpr std::array<std::pair<std::string_view, double>, 5> kUnits = {
    {{"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}}};

// What people write out of habit from other languages, and what it is called here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kHabits = {{
    {"&&", "write `and` for `&&`"},
    {"||", "write `or` for `||`"},
    {"//", "write floor(a / b) for `//`"},
    {"?", "write if(condition, a, b) for `condition ? a : b`"},
    {"**", "write pow(a, b) for `**`"},
    {"<>", "write `!=` for `<>`"},
    {"=", "write `==` to compare"},
    {"!", "write `not` for `!`"},
    {"^", "write pow(a, b) for `^`"},
}};

constexpr std::array<std::string_view, 14> kSymbols = {"==", "!=", "<=", ">=", "<", ">", "+",
                                                       "-",  "*",  "/",  "%",  "(", ")", ","};

}  // namespace

Token ExpressionLexer::next(std::optional<ExpressionError>& error) {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
    ++at_;
  Token token;
  token.column = at_;
  if (at_ == text_.size()) return token;
  const char c = text_[at_];
  if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])))
    return number(error);
  if (c == '\'' || c == '"') return text(error);
  if (c == '`') return quoted_name(error);
  if (!begins_name(c)) return symbol(error);
  while (at_ < text_.size() && in_name(text_[at_])) ++at_;
  token.kind = Token::Kind::name;
  token.source = text_.substr(token.column, at_ - token.column);
  return token;
}

Token ExpressionLexer::number(std::optional<ExpressionError>& error) {
  Token token;
  token.column = at_;
  const char* const first = text_.data() + at_;
  const char* const end = text_.data() + text_.size();
  const auto [last, code] = std::from_chars(first, end, token.number);
  at_ += static_cast<std::size_t>(last - first);
  if (code != std::errc{}) {
    error = {token.column, "this number is too large or too small"};
    return {};
  }
  const std::size_t unit_at = at_;
  while (at_ < text_.size() && in_name(text_[at_])) ++at_;
  const std::string_view unit = text_.substr(unit_at, at_ - unit_at);
  bool known = unit.empty();
  for (const auto& [name, ms] : kUnits) {
    if (unit != name) continue;
    token.number *= ms;
    known = std::isfinite(token.number);
  }
  if (!known) {
    error = {unit_at, "`" + std::string(unit) +
                          "` after a number: a duration ends with ms, s, m, h or d (`5m`)"};
    return {};
  }
  token.kind = Token::Kind::number;
  token.source = text_.substr(token.column, at_ - token.column);
  return token;
}

Token ExpressionLexer::text(std::optional<ExpressionError>& error) {
  Token token;
  token.kind = Token::Kind::text;
  token.column = at_;
  const char quote = text_[at_++];
  while (at_ < text_.size() && text_[at_] != quote) {
    char c = text_[at_++];
    if (c == '\\') {
      const char escaped = at_ < text_.size() ? text_[at_] : '\0';
      ++at_;
      if (escaped == 'n')
        c = '\n';
      else if (escaped == 't')
        c = '\t';
      else if (escaped == '\\' || escaped == '\'' || escaped == '"')
        c = escaped;
      else {
        error = {at_ - 2, "unknown escape; known: \\\\ \\' \\\" \\n \\t"};
        return {};
      }
    }
    token.text += c;
  }
  if (at_ >= text_.size()) {
    error = {token.column, std::string("this text has no closing ") + quote};
    return {};
  }
  ++at_;
  token.source = text_.substr(token.column, at_ - token.column);
  return token;
}

Token ExpressionLexer::quoted_name(std::optional<ExpressionError>& error) {
  Token token;
  token.kind = Token::Kind::quoted_name;
  token.column = at_;
  const std::size_t close = text_.find('`', at_ + 1);
  if (close == std::string_view::npos) {
    error = {token.column, "this name has no closing backquote"};
    return {};
  }
  token.source = text_.substr(at_ + 1, close - at_ - 1);
  at_ = close + 1;
  return token;
}

Token ExpressionLexer::symbol(std::optional<ExpressionError>& error) {
  Token token;
  token.kind = Token::Kind::symbol;
  token.column = at_;
  const std::string_view rest = text_.substr(at_);
  // `==`, `!=` come before `=`, `!`; `**`, `<>` before `*`, `<`.
  for (const auto& [habit, hint] : kHabits) {
    if (!rest.starts_with(habit) || rest.starts_with("==") || rest.starts_with("!=")) continue;
    error = {at_, std::string(hint)};
    return {};
  }
  for (std::string_view symbol : kSymbols) {
    if (!rest.starts_with(symbol)) continue;
    token.source = rest.substr(0, symbol.size());
    at_ += symbol.size();
    return token;
  }
  // The whole character, not its first byte.
  std::size_t size = 1;
  while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xC0) == 0x80) ++size;
  error = {at_, "unexpected `" + std::string(rest.substr(0, size)) + "`"};
  return {};
}

}  // namespace weir
