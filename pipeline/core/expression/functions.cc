#include "pipeline/core/expression/functions.h"

#include <algorithm>
#include <array>

namespace weir {
namespace {

constexpr std::array kFunctions = {
    Function{"abs", Op::abs, "n", 'n'},
    Function{"clamp", Op::clamp, "OOO", 'O'},
    Function{"coalesce", Op::coalesce, "TT*", 'T'},
    Function{"concat", Op::concat, "tt*", 't'},
    Function{"contains", Op::contains, "tt", 'b'},
    Function{"date", Op::to_time, "t", 'i'},
    Function{"day", Op::day, "i?A", 'n'},
    Function{"exp", Op::exp, "n", 'n'},
    Function{"floor", Op::floor, "n", 'n'},
    Function{"hash", Op::hash, "A", 'n'},
    Function{"hour", Op::hour, "i?A", 'n'},
    Function{"if", Op::choose, "bTT", 'T'},
    Function{"is_missing", Op::is_missing, "A", 'b'},
    Function{"length", Op::length, "t", 'n'},
    Function{"log", Op::log, "n", 'n'},
    Function{"log1p", Op::log1p, "n", 'n'},
    Function{"lower", Op::lower, "t", 't'},
    Function{"max", Op::max, "OO*", 'O'},
    Function{"min", Op::min, "OO*", 'O'},
    Function{"month", Op::month, "i?A", 'n'},
    Function{"number", Op::to_number, "t", 'n'},
    Function{"pow", Op::pow, "nn", 'n'},
    Function{"round", Op::round, "n", 'n'},
    Function{"sqrt", Op::sqrt, "n", 'n'},
    Function{"starts_with", Op::starts_with, "tt", 'b'},
    Function{"substr", Op::substr, "tn?n", 't'},
    Function{"weekday", Op::weekday, "i?A", 'n'},
    Function{"year", Op::year, "i?A", 'n'},
};

constexpr auto kNames = [] {
  std::array<std::string_view, kFunctions.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kFunctions[i].name;
  return names;
}();

constexpr std::array kTypes = {
    FunctionType{"!=", "T != T -> boolean", "not equal; missing if one side is"},
    FunctionType{"%", "number % number -> number", "remainder, with the sign of the left side"},
    FunctionType{"*", "number * number -> number", "product"},
    FunctionType{"+", "number + number -> number, time + number -> time", "sum; a time plus ms"},
    FunctionType{"-", "number - number -> number, time - number -> time, time - time -> number",
                 "difference; of two times in milliseconds"},
    FunctionType{"/", "number / number -> number", "quotient; division by zero is missing"},
    FunctionType{"<", "T < T -> boolean", "less: numbers, times, texts (order of their bytes)"},
    FunctionType{"<=", "T <= T -> boolean", "less or equal"},
    FunctionType{"==", "T == T -> boolean", "equal; missing if one side is"},
    FunctionType{">", "T > T -> boolean", "greater"},
    FunctionType{">=", "T >= T -> boolean", "greater or equal"},
    FunctionType{"abs", "abs(number) -> number", "absolute value"},
    FunctionType{"and", "boolean and boolean -> boolean",
                 "false if one side is false, else missing if one side is"},
    FunctionType{"clamp", "clamp(x, low, high) -> x", "x, but not below low nor above high"},
    FunctionType{"coalesce", "coalesce(T, T, ...) -> T", "the first value that is not missing"},
    FunctionType{"concat", "concat(text, text, ...) -> text", "joins texts"},
    FunctionType{"contains", "contains(text, part) -> boolean", "whether part is inside text"},
    FunctionType{"date", "date(text) -> time",
                 "the time that a text is, as in fields of type time; missing if it is none"},
    FunctionType{"day", "day(time, offset) -> number",
                 "1 to 31, UTC or at a fixed offset as in hour"},
    FunctionType{"exp", "exp(number) -> number", "e to the power of the number"},
    FunctionType{"floor", "floor(number) -> number", "the largest whole number not above"},
    FunctionType{"hash", "hash(T) -> number",
                 "a whole number from 0 to 2^53 - 1 (XXH3); hash(x) % 100 makes a bucket"},
    FunctionType{"hour", "hour(time, offset) -> number",
                 "0 to 23, UTC or at a fixed offset: hours (-5) or text ('+05:30')"},
    FunctionType{"if", "if(boolean, T, T) -> T", "the second if true, the third if false"},
    FunctionType{"is_missing", "is_missing(T) -> boolean", "true or false, never missing"},
    FunctionType{"length", "length(text) -> number", "characters (code points)"},
    FunctionType{"log", "log(number) -> number", "natural logarithm; missing at 0 and below"},
    FunctionType{"log1p", "log1p(number) -> number", "log(1 + x), exact for small x"},
    FunctionType{"lower", "lower(text) -> text", "A to Z in lower case; other characters stay"},
    FunctionType{"max", "max(x, x, ...) -> x", "the greatest; missing if one is"},
    FunctionType{"min", "min(x, x, ...) -> x", "the least; missing if one is"},
    FunctionType{"month", "month(time, offset) -> number",
                 "1 to 12, UTC or at a fixed offset as in hour"},
    FunctionType{"not", "not boolean -> boolean", "the opposite; missing stays missing"},
    FunctionType{"number", "number(text) -> number",
                 "the number that a text is; missing if it is none"},
    FunctionType{"or", "boolean or boolean -> boolean",
                 "true if one side is true, else missing if one side is"},
    FunctionType{"pow", "pow(number, number) -> number", "the first to the power of the second"},
    FunctionType{"round", "round(number) -> number",
                 "the nearest whole number, halves away from 0"},
    FunctionType{"sqrt", "sqrt(number) -> number", "square root; missing below 0"},
    FunctionType{"starts_with", "starts_with(text, part) -> boolean",
                 "whether text begins with part"},
    FunctionType{"substr", "substr(text, start, count) -> text",
                 "count characters (default: all) from start, which counts from 0"},
    FunctionType{"weekday", "weekday(time, offset) -> number",
                 "0 (Monday) to 6 (Sunday), UTC or at a fixed offset as in hour"},
    FunctionType{"year", "year(time, offset) -> number", "UTC or at a fixed offset as in hour"},
};

}  // namespace

const Function* find_function(std::string_view name) {
  const auto at = std::find_if(kFunctions.begin(), kFunctions.end(),
                               [&](const Function& function) { return function.name == name; });
  return at == kFunctions.end() ? nullptr : &*at;
}

std::span<const std::string_view> function_names() { return kNames; }

std::span<const FunctionType> function_types() { return kTypes; }

}  // namespace weir
