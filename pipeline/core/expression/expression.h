#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pipeline/core/arena.h"
#include "pipeline/core/batch.h"
#include "pipeline/core/schema.h"

namespace weir {

/// What is wrong with an expression, `column` characters (from 0) into its text.
struct ExpressionError {
  std::size_t column = 0;
  std::string message;
};

/// A typed expression over the fields of a schema, evaluated a column at a time; keywords and the
/// rules of missing values are in pipeline/LANGUAGE.md. Immutable: one may serve several threads.
class Expression {
 public:
  Expression();
  ~Expression();
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  Expression(const Expression&);
  Expression& operator=(const Expression&);

  Type type() const;

  /// Indices of the schema's fields that it uses, ascending: the dependency list.
  const std::vector<std::size_t>& fields() const;

  /// The value for each of `rows` rows, in the arena. `columns` are those of the schema it was
  /// compiled against (null where unused). Adds to `invalid` how often an operation had no finite
  /// result (division by zero, log of a negative, overflow): the value is then missing.
  Column evaluate(std::span<const Column> columns, std::size_t rows, Arena& arena,
                  std::uint64_t& invalid) const;

  struct Program;

 private:
  friend std::variant<Expression, ExpressionError> compile_expression(std::string_view text,
                                                                      const Schema& schema);
  std::shared_ptr<const Program> program_;
};

/// Checks and compiles `text`. Limits: 4,096 characters, depth 64.
std::variant<Expression, ExpressionError> compile_expression(std::string_view text,
                                                             const Schema& schema);

/// The names in `text` that stand for fields, each once, in order of appearance; what cannot be
/// read ends the list. For putting expressions that use each other in order before they are
/// compiled.
std::vector<std::string> expression_names(std::string_view text);

/// A function of the language, for `weir list` and `weir describe`.
struct FunctionType {
  std::string_view name;
  std::string_view signature;  // `if(boolean, T, T) -> T`
  std::string_view doc;
};

/// Every function and operator keyword, sorted by name.
std::span<const FunctionType> function_types();

}  // namespace weir
