#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pipeline/core/expression/expression.h"

namespace weir {

/// What a node of a compiled expression does.
enum class Op : std::uint8_t {
  constant,
  field,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  negate,
  shift,  // a time plus a number of ms
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  logical_and,
  logical_or,
  logical_not,
  choose,
  coalesce,
  is_missing,
  log,
  log1p,
  exp,
  sqrt,
  pow,
  abs,
  min,
  max,
  clamp,
  floor,
  round,
  lower,
  contains,
  starts_with,
  concat,
  substr,
  length,
  hour,
  weekday,
  hash,
  day,
  month,
  year,
  to_number,
  to_time
};

/// A function as the checker sees it. Types are letters: `n` number, `b` boolean, `t` text,
/// `i` time (an instant), `T` any type but the same for all, `O` as T but number or time, `A` any
/// type, each argument its own. Of `arguments`, those after `?` may be left out; the last repeats
/// after `*`.
struct Function {
  std::string_view name;
  Op op;
  std::string_view arguments;
  char result;
};

/// The function of that name, or null.
const Function* find_function(std::string_view name);

/// The names of all functions, for suggestions.
std::span<const std::string_view> function_names();

}  // namespace weir
