#include "pipeline/core/choose.h"

#include "pipeline/core/check.h"

namespace weir {

std::string_view choice_at(std::string_view choices, std::size_t place) {
  for (; place > 0; --place) {
    const std::size_t bar = choices.find('|');
    check(bar != std::string_view::npos, "an enum has a keyword for each of its values");
    choices.remove_prefix(bar + 1);
  }
  return choices.substr(0, choices.find('|'));
}

std::optional<std::size_t> place_of_choice(std::string_view choices, std::string_view keyword) {
  for (std::size_t place = 0;; ++place) {
    const std::size_t bar = choices.find('|');
    if (choices.substr(0, bar) == keyword) return place;
    if (bar == std::string_view::npos) return std::nullopt;
    choices.remove_prefix(bar + 1);
  }
}

}  // namespace weir
