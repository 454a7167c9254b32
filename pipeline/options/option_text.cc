#include "pipeline/options/option_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>

#include "pipeline/core/json.h"
#include "pipeline/options/option_values.h"

namespace weir {
namespace {

// In the order of OptionTree::Kind.
constexpr std::array<std::string_view, 15> kKinds = {"number",
                                                     "whole number",
                                                     "true or false",
                                                     "text",
                                                     "duration",
                                                     "rows, duration or all",
                                                     "duration or off",
                                                     "value",
                                                     "name or expression",
                                                     "list of names",
                                                     "name, or list of names and indices",
                                                     "options",
                                                     "names with options",
                                                     "component",
                                                     "list of components"};
constexpr std::array<std::string_view, 15> kJsonKinds = {
    "number",          "count",   "boolean", "text", "duration", "extent",  "duration_or_off",
    "literal",         "written", "list",    "path", "block",    "entries", "component",
    "components"};

std::string_view kind_of(const OptionTree& option) {
  return kKinds[static_cast<std::size_t>(option.kind)];
}

std::string bound(const OptionTree& option, double value) {
  using Kind = OptionTree::Kind;
  return option.kind == Kind::duration || option.kind == Kind::duration_or_off
             ? format_duration({static_cast<std::int64_t>(value)})
             : format_number(value);
}

std::string range(const OptionTree& option) {
  const bool below = std::isfinite(option.min), above = std::isfinite(option.max);
  if (below && above)
    return fmt::format(" from {} to {}", bound(option, option.min), bound(option, option.max));
  if (below) return fmt::format(", at least {}", bound(option, option.min));
  return above ? fmt::format(", at most {}", bound(option, option.max)) : std::string();
}

/// `whole number, at least 2; default 500`.
std::string facts(const OptionTree& option) {
  std::string text = option.words.empty() ? std::string(kind_of(option))
                                          : fmt::format("{}", fmt::join(option.words, " | "));
  if (option.kind == OptionTree::Kind::literal && !option.words.empty()) text = "number | " + text;
  text += range(option);
  const bool says_nothing = option.default_value == "\"\"" || option.default_value == "[]" ||
                            option.default_value == "null";
  if (option.required) text += "; required";
  if (!option.default_value.empty() && !says_nothing) {
    const Json value = parse_json(option.default_value);
    text += "; default " + (value.is_string() ? value.get<std::string>() : json_text(value));
  }
  if (!option.later.empty()) text += "; not available yet";
  return text;
}

std::vector<std::string_view> names_of(const std::vector<ChoiceTree>& choices) {
  std::vector<std::string_view> names;
  for (const ChoiceTree& choice : choices)
    if (choice.later.empty()) names.push_back(choice.name);
  return names;
}

}  // namespace

std::string options_text(const std::vector<OptionTree>& options, std::size_t indent) {
  std::string out;
  const std::string margin(indent, ' ');
  for (const OptionTree& option : options) {
    const std::string name = option.name.empty() ? "(its value)" : option.name;
    out += fmt::format("{}{}: {}\n", margin, name, facts(option));
    if (!option.doc.empty()) out += fmt::format("{}    {}\n", margin, option.doc);
    if (!option.example.empty())
      out += option.name.empty()
                 ? fmt::format("{}    example: {}\n", margin, option.example)
                 : fmt::format("{}    example: {}: {}\n", margin, option.name, option.example);
    if (!option.choices.empty())
      out += fmt::format("{}    one of: {}\n", margin, fmt::join(names_of(option.choices), ", "));

    if (option.per_name)
      out += fmt::format("{}    or one per name: {{ NAME: COMPONENT }}\n", margin);
    out += options_text(option.options, indent + 4);
  }
  return out;
}

Json options_json(const std::vector<OptionTree>& options) {
  Json list = Json::array();
  for (const OptionTree& option : options) {
    Json one = {{"name", option.name},
                {"type", kJsonKinds[static_cast<std::size_t>(option.kind)]},
                {"doc", option.doc}};
    if (!option.default_value.empty()) one["default"] = parse_json(option.default_value);
    if (std::isfinite(option.min)) one["min"] = option.min;
    if (std::isfinite(option.max)) one["max"] = option.max;
    if (!option.words.empty()) one["words"] = option.words;

    if (option.required) one["required"] = true;
    if (option.per_name) one["per_name"] = true;
    if (!option.later.empty()) one["available"] = false;
    if (!option.example.empty()) one["example"] = option.example;
    if (!option.options.empty()) one["options"] = options_json(option.options);
    if (!option.choices.empty()) one["components"] = names_of(option.choices);
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace weir
