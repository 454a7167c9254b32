#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "pipeline/core/options.h"

namespace weir {

/// The keyword at a place of `a|b|c`; there must be so many.
std::string_view choice_at(std::string_view choices, std::size_t place);
/// The place of a keyword in `a|b|c`, if it is one of them.
std::optional<std::size_t> place_of_choice(std::string_view choices, std::string_view keyword);

/// An option that is one of several keywords, kept as an enum whose values stand in the order of
/// `rule.choices`. A wrong keyword is reported by the visitor and leaves the value as it is.
template <class Enum>
requires std::is_enum_v<Enum>
void choose(OptionVisitor& option, std::string_view name, Enum& value, const Rule& rule) {
  std::string keyword(choice_at(rule.choices, static_cast<std::size_t>(value)));
  option(name, keyword, rule);
  if (const auto place = place_of_choice(rule.choices, keyword)) value = static_cast<Enum>(*place);
}

}  // namespace weir
