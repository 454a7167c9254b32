#include "pipeline/core/expression/foreign_words.h"

#include <algorithm>
#include <span>

#include "pipeline/core/lower_case.h"

namespace weir {
namespace {

struct Habit {
  std::string_view words;  // in lower case, each between blanks
  std::string_view instead;
};

constexpr Habit kNames[] = {
    {" and ", "write `and`"},
    {" or ", "write `or`"},
    {" not ", "write `not`"},
    {" true ", "write `true`"},
    {" false ", "write `false`"},
    {" null none nil nan na nat undefined missing is isnull notnull ",
     "is_missing(x) asks for a missing value, not is_missing(x) for one that is there"},
    {" in ", "write `x == 'a' or x == 'b'`"},
    {" between ", "write `x >= low and x <= high`"},
    {" like ilike rlike similar regexp ", "write contains(text, part) or starts_with(text, part)"},
    {" case when then else elif end if ", "write if(condition, a, b)"},
    {" div ", "write floor(a / b)"},
    {" mod ", "write `a % b`"},
    {" xor ", "write `a != b`"},
    {" now today current_date current_time current_timestamp sysdate ",
     "there is no clock in an expression: it depends on the row alone; name a field of type time"},
};

constexpr Habit kFunctions[] = {
    {" isnull isnan isna is_null is_nan ismissing notnull ", "is_missing(x)"},
    {" ifnull nvl ", "coalesce(a, b)"},
    {" iif iff where case when decode ", "if(condition, a, b)"},
    {" len strlen char_length character_length size ", "length(text)"},
    {" upper ucase toupper lcase tolower casefold ", "lower(text)"},
    {" substring mid left right slice ", "substr(text, start, count)"},
    {" startswith ", "starts_with(text, part)"},
    {" instr strpos indexof position find like match regexp regexp_like regexp_matches ",
     "contains(text, part)"},
    {" power ", "pow(a, b)"},
    {" ceil ceiling ", "-floor(-x)"},
    {" trunc int integer bigint floordiv ", "floor(x)"},
    {" float double decimal numeric to_number tonumber parsefloat parse_float cast ",
     "number(text)"},
    {" ln ", "log(x), the natural logarithm"},
    {" log10 ", "log(x) / log(10)"},
    {" log2 ", "log(x) / log(2)"},
    {" mod ", "`a % b`"},
    {" square sqr ", "pow(x, 2)"},
    {" greatest ", "max(a, b)"},
    {" least ", "min(a, b)"},
    {" not ", "`not x`"},
    {" dayofweek day_of_week dow isodow ", "weekday(time), 0 is Monday"},
    {" dayofmonth day_of_month ", "day(time)"},
    {" extract date_part datepart ", "year(time), month(time), day(time) or hour(time)"},
    {" to_date to_timestamp todate datetime timestamp strptime ", "date('2024-05-06T00:00:00Z')"},
    {" datediff date_diff timestampdiff ", "`a - b`, milliseconds between two times"},
    {" md5 sha1 sha256 crc32 murmur3 fnv ", "hash(x)"},
    {" now today current_timestamp sysdate getdate ",
     "a field of type time: an expression depends on the row alone, not on a clock"},
};

std::string_view find(std::span<const Habit> habits, std::string_view word) {
  const std::string wanted = " " + lower_case(word) + " ";
  for (const Habit& habit : habits)
    if (habit.words.find(wanted) != std::string_view::npos) return habit.instead;
  return {};
}

}  // namespace

std::string instead_of_name(std::string_view name) { return std::string(find(kNames, name)); }

std::string instead_of_function(std::string_view name) {
  const std::string_view instead = find(kFunctions, name);
  return instead.empty() ? std::string() : "write " + std::string(instead);
}

}  // namespace weir
