#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/core/expression/expression.h"

namespace weir {

/// A token of an expression.
struct Token {
  enum class Kind : std::uint8_t { end, number, text, name, quoted_name, symbol };

  Kind kind = Kind::end;
  std::size_t column = 0;   // in bytes
  std::string_view source;  // as written; of a quoted name: what stands between the backquotes
  double number = 0;        // durations in ms
  std::string text;         // of a text: without quotes and escapes

  bool is(std::string_view word) const {
    return (kind == Kind::symbol || kind == Kind::name) && source == word;
  }
};

/// Cuts an expression into tokens: numbers (`1.5`, `1e-6`), durations (`5m`, as ms), texts ('x' or
/// "x" with \\ \' \" \n \t), names, `names-with-hyphens`, symbols.
class ExpressionLexer {
 public:
  explicit ExpressionLexer(std::string_view text) : text_(text) {}

  /// The next token; on a mistake `error` is set (its column in bytes) and the end is returned.
  Token next(std::optional<ExpressionError>& error);

 private:
  Token number(std::optional<ExpressionError>& error);
  Token text(std::optional<ExpressionError>& error);
  Token quoted_name(std::optional<ExpressionError>& error);
  Token symbol(std::optional<ExpressionError>& error);

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace weir
